import type { Notice } from '../../pipeline/message.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import { requestOf } from '../commands/describe.ts';
import { type Desk, reply } from '../commands/desk.ts';
import { FINISHED, find, isJob } from '../commands/find.ts';
import { readable } from '../commands/readable.ts';
import { brief, result, verdict } from '../slots.ts';

type Verdict = SlotValue<typeof verdict>;

/** What an agent is told that is only to go on. */
const GO_ON = 'Go on where you stopped, until all that was asked is done.';

/** The request that goes on with an earlier one, or the answer that says why there is none. */
export async function continuation(
  { of, text }: { readonly of: string; readonly text: string },
  { store, now, clean }: Pick<Desk, 'store' | 'now' | 'clean'>,
): Promise<Verdict | Notice> {
  const job = await find({ store: readable(store, clean), now }, clean(of), { command: 'CONTINUE', states: FINISHED });
  if (!isJob(job)) return job;
  if (job.finishedAt === undefined) {
    return reply(`${job.id} is not finished yet`, 'Send CONTINUE when it is, or CANCEL it first.');
  }
  const asked = verdict.schema.safeParse(job.slots.verdict).data;
  const results = await store.results(job.id);
  const { goOn, session, changes } = result.schema.safeParse(results.result).data ?? {};
  // An agent has named it, and the program that is given it must not take it for an option.
  if (!asked || !goOn || session === undefined || session.startsWith('-')) {
    const why = brief.schema.safeParse(results.brief).data?.answers
      ? 'It was answered from the web, without an agent. Ask again, with the whole question.'
      : `It was stopped before its agent had said anything, or its agent cannot go on. RETRY ${job.id} runs it anew.`;
    return reply(`${job.id} has no conversation to go on with`, `${requestOf(job)}\n${why}`);
  }
  const hasBranch = changes && (changes.left !== undefined || changes.head !== changes.base);
  const branch = hasBranch ? changes.branch : asked.continues?.branch;
  return {
    kind: asked.kind,
    text: text || GO_ON,
    repository: asked.repository,
    agent: goOn.agent,
    continues: {
      ...{ run: job.id, session, folder: goOn.folder },
      ...(branch === undefined ? {} : { branch }),
      ...(changes?.left ? { left: true } : {}),
    },
  };
}
