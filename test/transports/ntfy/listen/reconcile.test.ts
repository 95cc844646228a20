import { NEVER, type Observable, of, Subject, throwError } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { reconcile } from '../../../../src/transports/ntfy/listen/reconcile.ts';
import type { NtfyEvent } from '../../../../src/transports/ntfy/server/events.ts';
import { NtfyFailure, type Pace } from '../../../../src/transports/ntfy/server/failure.ts';

const [DELAY, INTERVAL] = [2_000, 300_000];
const message: NtfyEvent = { id: 'a', time: 1, event: 'message' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function begin(read: () => Observable<NtfyEvent> = () => of(message)) {
  const opened$ = new Subject<void>();
  const starts: number[] = [];
  const began = performance.now();
  const subscription = reconcile({
    opened$,
    read: () => {
      starts.push(Math.round(performance.now() - began));
      return read();
    },
    delay: DELAY,
    interval: INTERVAL,
  }).subscribe();
  return { opened$, starts, subscription };
}
const pass = (ms: number) => vi.advanceTimersByTime(ms);

test('rule 8: reads a moment after a connect, then now and then, whether the connection lasts or not', () => {
  const { opened$, starts } = begin();
  pass(DELAY / 2);
  opened$.next();
  pass(2 * INTERVAL + DELAY);
  expect(starts.map((at) => at - DELAY / 2)).toEqual([DELAY, DELAY + INTERVAL, DELAY + 2 * INTERVAL]);
});

test('rule 8: reads where no connection can be had, from the beginning, and once one is made', () => {
  const { opened$, starts } = begin();
  pass(INTERVAL);
  expect(starts).toEqual([DELAY]);
  opened$.next();
  pass(DELAY);
  expect(starts).toEqual([DELAY, INTERVAL + DELAY]);
});

test('rule 8: connects in quick succession do not put it off, and the last one is looked after as well', () => {
  const { opened$, starts } = begin();
  for (let i = 0; i <= 50; i++) {
    opened$.next();
    pass(100);
  }
  pass(DELAY);
  expect(starts).toEqual([2000, 3900, 5800, 7000]);
});

test('rule 8: one reading at a time, however long it takes, and the connect in between is not forgotten', () => {
  const slow = new Subject<NtfyEvent>();
  const { opened$, starts } = begin(() => (starts.length === 1 ? slow : of(message)));
  opened$.next();
  pass(DELAY);
  opened$.next();
  pass(10 * DELAY);
  expect(starts).toEqual([DELAY]);
  slow.complete();
  pass(0);
  expect(starts).toEqual([DELAY, 11 * DELAY]);
});

test('rule 8: a reading that fails is repeated ever more seldom, and as often as before once it went well', () => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  let works = false;
  const { opened$, starts } = begin(() => (works ? of(message) : throwError(() => new NtfyFailure('x'))));
  opened$.next();
  pass(DELAY + 1000 + 2000 + 4000);
  expect(starts).toEqual([2000, 3000, 5000, 9000]);
  works = true;
  pass(8000 + INTERVAL);
  expect(starts.slice(4)).toEqual([17_000, 17_000 + INTERVAL]);
  works = false;
  pass(INTERVAL + 1000);
  expect(starts.slice(6)).toEqual([17_000 + 2 * INTERVAL, 18_000 + 2 * INTERVAL]);
  vi.restoreAllMocks();
});

test.each<[Pace, number]>([
  ['denied', 0],
  ['slow', 0],
  ['limited', 30_000],
])(
  'rules 15 to 17: after a failure that is %s, a new connect is waited for no longer than that needs',
  (pace, wait) => {
    let works = false;
    const { opened$, starts } = begin(() => (works ? of(message) : throwError(() => new NtfyFailure('x', { pace }))));
    opened$.next();
    pass(DELAY);
    for (let i = 0; i < 6 && pace === 'denied'; i++) pass(8000);
    const { length } = starts;
    works = true;
    opened$.next();
    pass(DELAY);
    expect(starts.length).toBe(wait === 0 ? length + 1 : length);
    pass(wait * 2);
    expect(starts.length).toBeGreaterThan(length);
  },
);

test('rule 18: whoever lets go leaves no timer and no request', () => {
  const { opened$, subscription } = begin(() => NEVER);
  opened$.next();
  expect(vi.getTimerCount()).toBe(1);
  subscription.unsubscribe();
  expect(vi.getTimerCount()).toBe(0);
  const again = begin(() => NEVER);
  again.opened$.next();
  pass(DELAY);
  again.subscription.unsubscribe();
  expect([vi.getTimerCount(), again.opened$.observed]).toEqual([0, false]);
});
