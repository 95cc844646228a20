// The server of bench/steady.ts, in a process of its own: each "minute" is a connection with some keepalives, messages and a poll.
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeNtfy } from '../test/support/fake-ntfy.ts';

/** What happens in one minute of the server's time; `texts` that are long become files. */
export interface Minute {
  readonly keepalives: number;
  readonly texts: readonly string[];
}

const MINUTE = 60;
/** How long the server keeps messages, in seconds: enough for what a reconnect asks for. */
const KEPT = 10 * MINUTE;

const fake = await FakeNtfy.start();

process.on('message', async (minute: Minute | 'drop') => {
  if (minute === 'drop') {
    fake.requests.length = 0;
    return fake.drop();
  }
  fake.skew += MINUTE;
  while ((fake.cache[0]?.time ?? fake.time) < fake.time - KEPT) fake.cache.shift();
  if (fake.files.size > KEPT) fake.files.clear();
  const keepalive = { id: 'keepalive', time: fake.time, event: 'keepalive', topic: 'ask' };
  for (let i = 0; i < minute.keepalives; i++) fake.push(`${JSON.stringify(keepalive)}\n`);
  for (const text of minute.texts) {
    if (text.length < 4096) fake.publish('ask', text);
    else fake.publishFile('ask', text);
  }
  while (fake.reads('poll').length === 0) await sleep(1);
  process.send?.('over');
});
process.send?.(fake.url);
