import type { JobView } from '../../pipeline/store/job-store.ts';
import { budgetLines } from '../usage/budgets.ts';
import { again, countHeld, describe } from './describe.ts';
import { type Command, type Desk, reply } from './desk.ts';
import { FINISHED, find, isJob, lastFinished, OPEN } from './find.ts';

/** STATUS: what runs, how many wait, what finished last; with an id or `last`, one request. */
export const status: Command = async (desk, argument) => {
  if (argument === '') return { notice: await overview(desk) };
  const found = await find(desk, argument, { command: 'STATUS', states: [...OPEN, ...FINISHED] });
  return { notice: isJob(found) ? one(found, desk.now()) : found };
};

async function overview({ store, now, budgets }: Desk) {
  const running = await store.list({ states: ['active'] });
  const waiting = await store.list({ states: ['queued'] });
  const held = await store.list({ states: ['held'] });
  const last = await lastFinished(store);
  const open = running.length + waiting.length + held.length;
  const lines = [...running.slice(0, 5), ...held.slice(0, 5), ...(last ? [last] : [])].map((job) =>
    describe(job, now()),
  );
  const spent = (await budgets()).flatMap((each) => budgetLines(each).slice(0, 1));
  const today = spent.length === 0 ? [] : [`Today: ${spent.join(' · ')}`];
  const next = open > 0 ? 'QUEUE lists what waits, CANCEL id stops one.' : 'Send "CODE: …" to start something.';
  const title =
    open === 0 ? 'Nothing is running' : `${running.length} running, ${waiting.length} waiting${countHeld(held)}`;
  return reply(title, [...lines, ...today, next].join('\n'));
}

function one(job: JobView, now: number) {
  const told = job.notices.findLast(({ notice }) => notice.kind !== 'reply')?.notice;
  const question =
    job.state === 'held' ? job.notices.findLast(({ notice }) => notice.kind === 'question')?.notice : undefined;
  const next = OPEN.includes(job.state) ? `CANCEL ${job.id} stops it.` : again(job);
  return {
    ...reply(
      `${job.id} is ${WORDS[job.state] ?? job.state}`,
      [describe(job, now), told?.title, question?.body, next].filter(Boolean).join('\n'),
    ),
    ...(question?.actions ? { actions: question.actions } : {}),
  };
}

const WORDS: Partial<Record<JobView['state'], string>> = {
  active: 'running',
  queued: 'waiting',
  held: 'waiting for your answer',
};
