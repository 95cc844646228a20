import type { JobView } from '../../pipeline/store/job-store.ts';
import { countHeld, describe } from './describe.ts';
import { type Command, reply } from './desk.ts';

const SHOWN = 8;

/** QUEUE: what runs and what waits, in the order it will run. */
export const queueReply: Command = async ({ store, now }) => {
  const running = await store.list({ states: ['active'] });
  const waiting = await store.list({ states: ['queued'] });
  const held = await store.list({ states: ['held'] });
  if (running.length + waiting.length + held.length === 0) {
    return { notice: reply('The queue is empty', 'Nothing is waiting or running. Send "CODE: …" to start something.') };
  }
  const lines = [running, waiting, held].flatMap((jobs) => shown(jobs, now()));
  lines.push('CANCEL with an id takes one out.');
  return {
    notice: reply(`${running.length} running, ${waiting.length} waiting${countHeld(held)}`, lines.join('\n')),
  };
};

function shown(jobs: readonly JobView[], now: number): string[] {
  const lines = jobs.slice(0, SHOWN).map((job) => describe(job, now));
  return jobs.length > SHOWN ? [...lines, `… and ${jobs.length - SHOWN} more`] : lines;
}
