import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeNtfy } from '../test/support/fake-ntfy.ts';
import type { Figure, Run } from './figures.ts';
import type { Report } from './steady-listener.ts';

/** A day with a cut each minute. Each connection also brings a poll, five times as many as a day has, and each message five notices. */
const DAY = { minutes: 1_440, keepalives: 1_920, messages: 2_000 };
const MINUTE = 60;
/** How long the server keeps messages, in seconds: a few minutes, since each reconnect asks for the last ones. */
const KEPT = 10 * MINUTE;
/** Each of so many texts is a file. */
const LONG = 10;
const SAMPLES = 10;
const PATIENCE = 60_000;

/** Memory of the ntfy transport and its sender over the events of a day: what it keeps must not depend on how long it has listened. */
export const run: Run = async ({ quick }) => {
  const minutes = quick ? DAY.minutes / 4 : DAY.minutes;
  const server = await FakeNtfy.start();
  // With room to spare for new objects, resident memory tells how busy a process was rather than what it keeps.
  const execArgv = ['--expose-gc', '--max-semi-space-size=1'];
  const listener = fork(new URL('./steady-listener.ts', import.meta.url), [server.url], { execArgv });
  try {
    const reports: Report[] = [];
    let sent = 0;
    for (let minute = 1; minute <= minutes; minute++) {
      const share = (total: number) =>
        Math.floor((total * minute) / DAY.minutes) - Math.floor((total * (minute - 1)) / DAY.minutes);
      await until('a connection and a poll', () => server.streams === 1 && server.reads('poll').length > 0);
      server.skew += MINUTE;
      for (let i = 0; i < share(DAY.keepalives); i++) server.push(keepalive(server.time));
      for (let i = 0; i < share(DAY.messages); i++) publish(server, ++sent);
      if (Math.floor((minute * SAMPLES) / minutes) > reports.length) {
        reports.push(await until('all messages', () => report(listener, sent)));
      }
      forget(server);
      server.drop(minute % 2 === 0);
    }
    return figures(`${minutes} reconnects and ${sent} messages`, reports[0]!, reports.at(-1)!);
  } finally {
    listener.kill('SIGKILL');
    await server.close();
  }
};

function figures(what: string, first: Report, last: Report): readonly Figure[] {
  const figure = (name: string, key: 'heap' | 'resident', target: number): Figure => ({
    what: name,
    unit: 'MB',
    value: last[key],
    reference: { what: 'after a tenth of it', value: first[key] },
    targets: [{ excessAtMost: target }],
  });
  return [figure(`heap after ${what}`, 'heap', 2), figure('resident memory', 'resident', 8)];
}

const keepalive = (time: number) => `${JSON.stringify({ id: 'keepalive', time, event: 'keepalive', topic: 'ask' })}\n`;

function publish(server: FakeNtfy, i: number): void {
  const text = (words: number) => `CODE: message ${i}, ${'add a login form. '.repeat(words)}`;
  if (i % LONG === 0) server.publishFile('ask', text(300));
  else server.publish('ask', text(5));
}

function forget(server: FakeNtfy): void {
  server.requests.length = 0;
  while ((server.cache[0]?.time ?? server.time) < server.time - KEPT) server.cache.shift();
  if (server.files.size > KEPT) server.files.clear();
}

async function report(listener: ReturnType<typeof fork>, sent: number): Promise<Report | undefined> {
  listener.send('report');
  const [answer] = (await once(listener, 'message')) as [Report];
  if (answer.heard > sent) throw new Error(`${answer.heard} messages were heard, ${sent} were sent`);
  return answer.heard === sent ? answer : undefined;
}

async function until<T>(what: string, check: () => T | false | undefined | Promise<T | false | undefined>): Promise<T> {
  for (const end = performance.now() + PATIENCE; performance.now() < end; await sleep(1)) {
    const found = await check();
    if (found) return found;
  }
  throw new Error(`${what} did not come within ${PATIENCE} ms`);
}
