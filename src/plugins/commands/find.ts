import type { Notice } from '../../pipeline/message.ts';
import type { JobState, JobView } from '../../pipeline/store/job-store.ts';
import { describe } from './describe.ts';
import { type Desk, reply } from './desk.ts';

/** The states of requests that are not over. */
export const OPEN: readonly JobState[] = ['queued', 'active'];
/** The states of requests that are over. */
export const FINISHED: readonly JobState[] = ['done', 'failed', 'cancelled', 'expired', 'interrupted'];

interface Wish {
  /** The command, for the wording: `CANCEL`. */
  readonly command: string;
  /** Among which requests `last` and the list of suggestions choose. */
  readonly states: readonly JobState[];
}

/** Finds the request a command means; where there is none, the answer says which there are. Ids are only looked up. */
export async function find({ store, now }: Desk, argument: string, wish: Wish): Promise<JobView | Notice> {
  const { command, states } = wish;
  if (/^(req_)?[a-z2-7]{6,16}$/.test(argument)) {
    const job = await store.get(argument.startsWith('req_') ? argument : `req_${argument}`);
    if (job) return job;
  }
  const latest = await store.list({ states, newestFirst: true, limit: argument === 'last' ? 1 : 3 });
  if (argument === 'last' && latest[0]) return latest[0];
  const title =
    argument === ''
      ? `${command} which one?`
      : `No request ${argument === 'last' ? 'to ' : ''}${nameOf(argument, command)}`;
  if (latest.length === 0) {
    return reply(
      title,
      states === OPEN ? 'Nothing is waiting or running. RETRY last starts the last one again.' : NONE,
    );
  }
  const lines = latest.map((job) => describe(job, now()));
  return reply(title, [...lines, `Send ${command} ${latest[0]!.id}, or ${command} last.`].join('\n'));
}

const NONE = 'No request has finished yet. QUEUE shows what waits, HELP what you can send.';

function nameOf(argument: string, command: string): string {
  return argument === 'last' ? command.toLowerCase() : `"${argument}"`;
}

/** Tells a request that was found from the answer that there is none. */
export const isJob = (found: JobView | Notice): found is JobView => 'lane' in found;
