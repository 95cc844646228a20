import { MiltonError } from '../../pipeline/errors.ts';
import type { AnswerResult, AskedQuestion, Effect, JobStore, JobView } from '../../pipeline/store/job-store.ts';
import { type Choose, no, yes } from '../../plugins/commands/decide.ts';
import type { Invocation, Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { safe, short } from '../command-line/terminal.ts';
import { actOnMachine } from '../installation/act-on-machine.ts';
import { findRun } from '../installation/find-run.ts';
import { observe } from '../installation/observe.ts';
import { prepare } from '../installation/prepare.ts';

/** `milton approve ID`: says yes to what a request asks. */
export const approve: Run = (invocation) => decide(invocation, yes);

/** `milton deny ID`: says what would happen anyway if nobody answered. */
export const deny: Run = (invocation) => decide(invocation, no);

async function decide({ flags, words: [word], terminal }: Invocation, choose: Choose): Promise<number> {
  if (word === undefined)
    throw usageError('Which request?', 'Run "milton runs list --state held", and write its id, or last.');
  await using store = observe(await prepare(flags));
  if (store && word.toLowerCase() === 'last') await refuseSeveral(store);
  const job = store && (await findRun(store, word, ['held', 'active']));
  if (!store || !job)
    throw new MiltonError('RUN_UNKNOWN', `There is no open request "${safe(word)}".`, {
      hint: 'Run: milton runs list',
    });
  const question = (await store.questions(job.id)).find(({ open }) => open);
  const choice = question && choose(question);
  if (!question || choice === undefined) {
    throw new MiltonError('NOTHING_ASKED', `${job.id} asks nothing.`, {
      hint: `See what it does: milton runs show ${job.id}`,
    });
  }
  const result = await answer(store, job, question, choice);
  if (result !== 'accepted') throw new MiltonError('TOO_LATE', `${job.id} was faster: its question is closed.`);
  terminal.talk(`${safe(choice)}: ${job.id} (${short(job.message.text, 60)})`);
  return 0;
}

/** "last" may be one that came this moment, and not the one that is meant. */
async function refuseSeveral(store: JobStore): Promise<void> {
  const asking: JobView[] = [];
  for (const job of await store.list({ states: ['held', 'active'] })) {
    if ((await store.questions(job.id)).some(({ open }) => open)) asking.push(job);
  }
  if (asking.length < 2) return;
  const lines = asking.map(({ id, message }) => `${id} ${short(message.text, 60)}`);
  throw new MiltonError('SEVERAL', `${asking.length} requests ask something:\n${lines.join('\n')}`, {
    hint: 'Write the id of the one you mean.',
  });
}

/** The phone hears of it as well, so that nobody wonders who has answered. */
async function answer(store: JobStore, job: JobView, { id: question }: AskedQuestion, choice: string) {
  let result: AnswerResult | undefined;
  const effect: Effect = {
    do: 'answer',
    question,
    choice,
    from: 'machine',
    reply(found) {
      result = found;
      return found === 'accepted'
        ? { title: `[${job.id}] ${choice}: answered on the machine`, kind: 'reply' }
        : undefined;
    },
  };
  await actOnMachine(store, job, { text: `${choice} ${job.id}`, effect });
  return result;
}
