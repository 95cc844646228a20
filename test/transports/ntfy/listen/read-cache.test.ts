import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryLogger } from '../../../../src/testing/memory-logger.ts';
import { readCache } from '../../../../src/transports/ntfy/listen/read-cache.ts';
import type { Renewal } from '../../../../src/transports/ntfy/listen/renewal.ts';
import { Session } from '../../../../src/transports/ntfy/listen/session.ts';
import { SleepWatch } from '../../../../src/transports/ntfy/listen/sleep-watch.ts';
import { ntfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { CursorKeeper } from '../../../../src/transports/ntfy/position/cursor-keeper.ts';
import { Position } from '../../../../src/transports/ntfy/position/position.ts';
import { options } from '../fixture.ts';

const BEGUN = 1_000_000;

beforeEach(() => void vi.useFakeTimers({ now: BEGUN * 1000 }));
afterEach(() => void vi.useRealTimers());

function begin() {
  const position = new Position({ ...ntfyOptions.parse(options('http://127.0.0.1')), overlap: 0 }, Date.now);
  const store = { recall: async () => ({ first: BEGUN, settled: BEGUN }), remember: async () => {} };
  const logger = memoryLogger([]);
  const keeper = new CursorKeeper(position, () => store, 'k', logger);
  const session = new Session(new SleepWatch(Date.now), () => position.clock.forget());
  position.hear({ id: 'o', event: 'open', time: BEGUN });

  /** One reading of an answer that the test writes. */
  const read = (headers: IncomingMessage['headers'] = { 'transfer-encoding': 'chunked' }) => {
    const body = new PassThrough();
    const type = { 'content-type': 'application/x-ndjson' };
    const openStream = async () =>
      Object.assign(body, { headers: { ...type, ...headers } }) as unknown as IncomingMessage;
    const seen: string[] = [];
    const { promise: over, resolve } = Promise.withResolvers<string>();
    readCache({ openStream, path: 'ask/json', position, keeper, logger }, session).subscribe({
      next: ({ id }) => seen.push(id),
      error: (error: Error) => resolve(error.message),
      complete: () => resolve('complete'),
    });
    return { body, seen, over };
  };
  const renewals: Renewal[] = [];
  session.renew$.subscribe((renewal) => renewals.push(renewal));
  return { position, session, renewals, read };
}

const line = (id: string, event = 'message', time = BEGUN) => `${JSON.stringify({ id, time, event })}\n`;
const CUT = 'the answer was cut short, or does not say where it ends';

test.each([
  ['that ends in the middle of a line', `${line('a')}${line('b').slice(0, 20)}`, undefined, ['a'], CUT],
  ['that ends before the end of its last line', line('a').trimEnd(), undefined, ['a'], CUT],
  ['whose end is the end of the connection', line('a'), {}, ['a'], CUT],
  ['that is whole', line('a'), undefined, ['a'], 'complete'],
  ['that says how long it is', line('a'), { 'content-length': '1' }, ['a'], 'complete'],
  ['that is empty', '', { 'content-length': '0' }, [], 'complete'],
])('rule 8: an answer %s moves the mark only where nothing can be missing', async (_, text, headers, ids, how) => {
  const { position, read } = begin();
  vi.advanceTimersByTime(9_000);
  const { body, seen, over } = read(headers);
  body.end(text);
  expect(await over).toBe(how);
  expect(seen).toEqual(ids);
  for (const id of ids) position.cursor.settle(id);
  expect(position.cursor.state?.settled).toBe(how === 'complete' ? BEGUN + 9 : BEGUN);
});

test.each(['open', 'keepalive'])('rule 8: a poll that is answered with a stream (%s) is over', async (event) => {
  const { position, read } = begin();
  vi.advanceTimersByTime(9_000);
  const { body, over } = read();
  body.write(line('x', event));
  expect(await over).toBe('it was answered with a stream');
  expect(position.cursor.state?.settled).toBe(BEGUN);
});

test('rule 8: a poll has two minutes, however lively it is', async () => {
  const { read } = begin();
  const { body, over } = read();
  for (let i = 0; i < 13; i++) {
    body.write(line(`m${i}`));
    await vi.advanceTimersByTimeAsync(10_000);
  }
  expect(await over).toBe('the server took too long');
});

const dated = (time: number) => ({ 'content-length': '1', date: new Date(time * 1000).toUTCString() });

/** Five minutes in which the machine is awake. */
const later = ({ session }: ReturnType<typeof begin>) => {
  for (let i = 0; i < 100; i++) {
    vi.advanceTimersByTime(3_000);
    session.look();
  }
};

/** Reads an answer of one message that was made at this time, and tells how that ended. */
async function readAt({ read }: ReturnType<typeof begin>, time: number, more = {}): Promise<string> {
  const { body, seen, over } = read({ ...dated(time), ...more });
  body.end(line('a', 'message', BEGUN - 7200));
  const how = await over;
  return how === 'complete' ? seen.join() : how;
}

test('rule 11: a poll tells the time where no stream has, and the mark moves', async () => {
  const made = begin();
  made.position.clock.forget();
  expect(await readAt(made, BEGUN + 3600)).toBe('a');
  expect(made.position.clock.now).toBe(BEGUN + 3600);
  expect(made.position.lateness(BEGUN).ms).toBe(3_600_000);
});

test('rule 11: a machine that stood still with all its clocks takes nothing before it knows the time', async () => {
  const made = begin();
  expect(await readAt(made, BEGUN)).toBe('a');
  const [woken, message] = [BEGUN + 8 * 3600, 'the clock of the server jumped'];
  expect(await readAt(made, woken)).toBe(message);
  expect(made.renewals).toMatchObject([{ asleep: true }]);
  expect(await readAt(made, woken)).toBe('a');
  expect(made.position.clock.now).toBe(woken);
  expect(made.renewals).toHaveLength(1);
});

test('a proxy whose clock is wrong is no reason to connect anew, and does not tell the time', async () => {
  const made = begin();
  expect(await readAt(made, BEGUN - 120)).toBe('a');
  later(made);
  expect(await readAt(made, BEGUN + 180)).toBe('a');
  expect([made.position.clock.now, made.renewals]).toEqual([BEGUN + 300, []]);
  made.position.clock.forget();
  expect(await readAt(made, BEGUN + 180)).toBe('a');
  expect(made.position.clock.now).toBe(BEGUN + 300);
});

test('an old answer is not believed, and does not set the clock back while a stream stands', async () => {
  const made = begin();
  made.session.connection$.next({ id: 'o', event: 'open', time: BEGUN });
  expect(await readAt(made, BEGUN)).toBe('a');
  later(made);
  expect(await readAt(made, BEGUN)).toBe('the clock of the server jumped');
  expect([made.position.clock.now, made.renewals]).toEqual([BEGUN + 300, []]);
  expect(await readAt(made, BEGUN + 300, { age: '300' })).toBe('the answer comes from the cache of a proxy');
});

test('rule 7: without a stream, the polls tell that the clock of the server was set back', async () => {
  const made = begin();
  expect(await readAt(made, BEGUN)).toBe('a');
  expect(await readAt(made, BEGUN - 3600)).toBe('the clock of the server jumped');
  expect(await readAt(made, BEGUN - 3600)).toBe('a');
  expect(made.position.clock.now).toBe(BEGUN - 3600);
  expect(Number(made.position.cursor.since)).toBeLessThanOrEqual(BEGUN - 3600);
});
