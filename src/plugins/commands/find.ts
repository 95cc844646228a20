import type { Notice } from '../../pipeline/message.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { JobState, JobView } from '../../pipeline/store/job-store.ts';
import { describe } from './describe.ts';
import { type Desk, reply } from './desk.ts';

/** The states of requests that are not over. */
export const OPEN: readonly JobState[] = ['held', 'queued', 'active'];
/** The states of requests that are over. */
export const FINISHED: readonly JobState[] = ['done', 'failed', 'cancelled', 'expired', 'interrupted'];

/** How many requests an answer proposes, and how many are looked through for the one that ended last. */
const SUGGESTED = 3;
const LOOKED_AT = 50;
/** Characters of what was written instead of an id. */
const ARGUMENT_SHOWN = 40;

interface Wish {
  /** The command, for the wording: `CANCEL`. */
  readonly command: string;
  /** Among which requests `last` and the list of suggestions choose. */
  readonly states: readonly JobState[];
}

/** Finds the request a command means; where there is none, the answer says which there are. Ids are only looked up. */
export async function find(
  { store, now }: Pick<Desk, 'store' | 'now'>,
  argument: string,
  wish: Wish,
): Promise<JobView | Notice> {
  const { command, states } = wish;
  if (/^(req_)?[a-z2-7]{6,16}$/.test(argument)) {
    const job = await store.get(argument.startsWith('req_') ? argument : `req_${argument}`);
    if (job) return job;
  }
  if (argument === 'last') {
    const last =
      states === FINISHED ? (await finished(store)).find(({ queued }) => queued) : (await newest(store, states, 1))[0];
    if (last) return last;
  }
  const latest = await suggestions(store, states);
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
  const send = `Send ${command} ${latest[0]!.id.replace('req_', '')}`;
  if (latest.length === 1) return reply(argument === '' ? send : title, [...lines, `${send}.`].join('\n'));
  return reply(title, [...lines, `${send}, or ${command} last.`].join('\n'));
}

/** The request that ended last; a long one may have begun before others that are over for hours. */
export async function lastFinished(store: Desk['store']): Promise<JobView | undefined> {
  return (await finished(store))[0];
}

async function finished(store: Desk['store']): Promise<readonly JobView[]> {
  const latest = await newest(store, FINISHED, LOOKED_AT);
  return latest.toSorted((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0));
}

/** What runs comes first: it is what one would stop. What waits for an answer can be ended by that, and comes last. */
async function suggestions(store: Desk['store'], states: readonly JobState[]): Promise<readonly JobView[]> {
  if (states === FINISHED)
    return (await newest(store, states, LOOKED_AT)).filter(({ queued }) => queued).slice(0, SUGGESTED);
  if (states !== OPEN) return newest(store, states, SUGGESTED);
  const found: JobView[] = [];
  for (const state of ['active', 'queued', 'held'] as const) found.push(...(await newest(store, [state], SUGGESTED)));
  return found.slice(0, SUGGESTED);
}

const newest = (store: Desk['store'], states: readonly JobState[], limit: number) =>
  store.list({ states, newestFirst: true, limit });

const NONE = 'No request has run yet. QUEUE shows what waits, HELP what you can send.';

function nameOf(argument: string, command: string): string {
  return argument === 'last' ? command.toLowerCase() : `"${shortLine(argument, ARGUMENT_SHOWN)}"`;
}

/** Tells a request that was found from the answer that there is none. */
export const isJob = (found: JobView | Notice): found is JobView => 'lane' in found;
