import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryLogger } from '../../../../src/testing/memory-logger.ts';
import { canaries } from '../../../../src/transports/ntfy/hearing/canaries.ts';
import { Canary } from '../../../../src/transports/ntfy/hearing/canary.ts';
import { Deafness } from '../../../../src/transports/ntfy/hearing/deafness.ts';
import { Hearing } from '../../../../src/transports/ntfy/hearing/hearing.ts';
import { Session } from '../../../../src/transports/ntfy/listen/session.ts';
import { LOOK_EVERY, SleepWatch } from '../../../../src/transports/ntfy/listen/sleep-watch.ts';
import { ntfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { options } from '../fixture.ts';

const HOUR = 3_600_000;

// The fake clock has no hold of these timers.
vi.mock('node:timers/promises', () => ({
  setTimeout: (ms: number, value: unknown, { signal }: { signal: AbortSignal }) =>
    new Promise((resolve, reject) => {
      setTimeout(resolve, ms, value);
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('with the usual intervals: a canary that was not heard is followed by one on the next connection at once', async () => {
  const began = performance.now();
  const sung: number[] = [];
  const hearing = new Hearing(HOUR);
  const parsed = ntfyOptions.parse(options('http://127.0.0.1:1'));
  const canary = new Canary(parsed, async (_, signal) => {
    signal.throwIfAborted();
    sung.push(performance.now() - began);
  });
  const logger = memoryLogger();
  const health = { deaf() {}, connected() {} } as never;
  const announcer = { say() {} } as never;
  const deafness = new Deafness({ hearing, options: parsed, health, announcer, logger, now: Date.now });
  const session = new Session(new SleepWatch(Date.now), () => {});
  setInterval(() => session.look(), LOOK_EVERY);
  const listening = canaries({ canary, hearing, deafness, logger }, session).subscribe();
  const connect = () => session.connection$.next({ id: 'o', time: 1, event: 'open' });
  // As a stream does that is given up: lost at once, there again in a moment.
  session.renew$.subscribe(() => {
    session.connection$.next(undefined);
    setTimeout(connect, 500);
  });
  connect();
  await vi.advanceTimersByTimeAsync(HOUR + 2 * parsed.canaryTimeout + 5_000);
  listening.unsubscribe();
  const first = HOUR;
  const second = first + parsed.canaryTimeout + 500;
  // After the second one Milton is deaf, and tries again a second later.
  expect(sung).toEqual([first, second, second + parsed.canaryTimeout + 1_000]);
  expect(hearing.deaf).toBe(true);
});
