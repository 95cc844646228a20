import { BehaviorSubject, EMPTY, NEVER, type Observable, throwError } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchArrivals } from '../../../src/pipeline/flow/caught-up.ts';
import type { Exposure, Health, Transport } from '../../../src/pipeline/transport.ts';

const since = '2026-11-23T10:00:00.000Z';
const connected: Health = { state: 'connected' };
const away: Health = { state: 'reconnecting', since, why: 'asleep' };
const deaf: Health = { state: 'deaf', since, why: 'no canary came back' };
const DAY = 24 * 3600_000;

const transport = (health$: Observable<Health>, name = 'phone', exposure: Exposure = 'public'): Transport => ({
  name,
  exposure,
  messages$: EMPTY,
  health$,
  async send() {},
});

function wait(transports: readonly Transport[], name = 'phone') {
  const stop = new AbortController();
  const waiting = { stop, state: 'waiting' };
  watchArrivals(transports)(name, stop.signal).then(
    () => (waiting.state = 'caught up'),
    () => (waiting.state = 'aborted'),
  );
  return waiting;
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

test('a connected transport has caught up after a moment, counted from the question', async () => {
  const waiting = wait([transport(new BehaviorSubject<Health>(connected))]);
  await pass(4999);
  expect(waiting.state).toBe('waiting');
  await pass(1);
  expect(waiting.state).toBe('caught up');
});

test('a connection that turns out to be gone, after a sleep say, does not count; the next one does', async () => {
  const health$ = new BehaviorSubject<Health>(connected);
  const waiting = wait([transport(health$)]);
  await pass(3000);
  health$.next(away);
  await pass(3 * DAY);
  health$.next(deaf);
  await pass(DAY);
  expect(waiting.state).toBe('waiting');
  health$.next(connected);
  await pass(3000);
  // Said again, which changes nothing.
  health$.next(connected);
  await pass(2000);
  expect(waiting.state).toBe('caught up');
});

test('one at this machine has caught up as soon as it is connected', async () => {
  const health$ = new BehaviorSubject<Health>(away);
  const waiting = wait([transport(health$, 'phone', 'local')]);
  await pass(DAY);
  expect(waiting.state).toBe('waiting');
  health$.next(connected);
  await pass(0);
  expect(waiting.state).toBe('caught up');
});

test.each([
  ['says nothing', NEVER],
  ['fails', throwError(() => new Error('a bug'))],
])('one whose health %s is waited for half a minute', async (_what, health$) => {
  const waiting = wait([transport(health$)]);
  await pass(29_000);
  expect(waiting.state).toBe('waiting');
  await pass(1000);
  expect(waiting.state).toBe('caught up');
});

test('only the transport in question counts; all of them for one that is there no more', async () => {
  const transports = [
    transport(new BehaviorSubject<Health>(connected)),
    transport(new BehaviorSubject<Health>(away), 'other'),
  ];
  const [own, gone] = [wait(transports), wait(transports, 'gone')];
  await pass(60_000);
  expect([own.state, gone.state]).toEqual(['caught up', 'waiting']);
  gone.stop.abort();
  await pass(0);
  expect(gone.state).toBe('aborted');
});

test('an abort ends the waiting, also one before it', async () => {
  for (const health of [connected, away]) {
    const waiting = wait([transport(new BehaviorSubject<Health>(health))]);
    await pass(1000);
    waiting.stop.abort();
    await pass(0);
    expect(waiting.state).toBe('aborted');
  }
  await expect(watchArrivals([])('phone', AbortSignal.abort())).rejects.toThrow('aborted');
});
