import { countHeld, describe } from './describe.ts';
import { type Command, reply } from './desk.ts';

const SHOWN = 8;

/** QUEUE: what runs and what waits, in the order it will run. */
export const queueReply: Command = async ({ store, now }) => {
  const running = await store.list({ states: ['active'], limit: SHOWN });
  const waiting = await store.list({ states: ['queued'], limit: SHOWN + 1 });
  const held = await store.list({ states: ['held'], limit: SHOWN });
  if (running.length + waiting.length + held.length === 0) {
    return { notice: reply('The queue is empty', 'Nothing is waiting or running. Send "CODE: …" to start something.') };
  }
  const lines = [...running, ...waiting.slice(0, SHOWN)].map((job) => describe(job, now()));
  if (waiting.length > SHOWN) lines.push('… and more');
  lines.push(...held.map((job) => describe(job, now())));
  lines.push('CANCEL with an id takes one out.');
  return {
    notice: reply(`${running.length} running, ${count(waiting.length)} waiting${countHeld(held)}`, lines.join('\n')),
  };
};

const count = (waiting: number) => (waiting > SHOWN ? `more than ${SHOWN}` : String(waiting));
