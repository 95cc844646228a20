import { firstValueFrom, NEVER, type Observable, Subject, toArray } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watchdog } from '../../../../src/transports/ntfy/listen/watchdog.ts';
import { watched } from '../../../../src/transports/ntfy/listen/watched.ts';
import type { NtfyEvent } from '../../../../src/transports/ntfy/server/events.ts';
import fc from '../../../support/property.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets a server with this rhythm be heard for some keepalives of one connection. */
function connection(watchdog: Watchdog, rhythm: number, keepalives: number): void {
  watchdog.opened();
  for (let i = 0; i < keepalives; i++) {
    vi.advanceTimersByTime(rhythm);
    watchdog.keepalive();
  }
}

test('rule 5: the silence that is borne follows the rhythm of the keepalives, once two were seen', () => {
  const watchdog = new Watchdog(120_000);
  expect(watchdog.patience).toBe(120_000);
  connection(watchdog, 45_000, 1);
  expect(watchdog.patience).toBe(120_000);
  connection(watchdog, 45_000, 2);
  expect(watchdog.patience).toBe(100_000);
  connection(watchdog, 100_000, 3);
  expect(watchdog.patience).toBeCloseTo(220_000);
  watchdog.opened();
  expect(watchdog.patience).toBeCloseTo(220_000);
});

test('rule 5: a server that was never heard to send a keepalive is given twice as long each time, up to 15 minutes', () => {
  const watchdog = new Watchdog(120_000);
  const borne = Array.from({ length: 5 }, () => {
    watchdog.opened();
    watchdog.silent();
    return watchdog.patience / 60_000;
  });
  expect(borne).toEqual([4, 8, 15, 15, 15]);
  connection(watchdog, 800_000, 1);
  expect(watchdog.patience).toBe(900_000);
  connection(watchdog, 45_000, 2);
  expect(watchdog.patience).toBe(100_000);
});

test('rule 5: silence after keepalives is a dead connection, and teaches nothing', () => {
  const watchdog = new Watchdog(120_000);
  for (let i = 0; i < 10; i++) {
    connection(watchdog, 45_000, 3);
    watchdog.silent();
  }
  expect(watchdog.patience).toBe(100_000);
  const young = new Watchdog(120_000);
  connection(young, 45_000, 1);
  young.silent();
  expect(young.patience).toBe(120_000);
});

test('rule 5: whatever the rhythm up to 15 minutes, also after it changed, the server is not cut for ever', () => {
  const rhythm = fc.integer({ min: 1000, max: 899_000 });
  fc.assert(
    fc.property(rhythm, rhythm, (first, second) => {
      const watchdog = new Watchdog(120_000);
      for (const every of [first, second]) {
        let cuts = 0;
        for (let alive = false; !alive; ) {
          watchdog.opened();
          alive = true;
          for (let i = 0; i < 5 && alive; i++) {
            alive = watchdog.patience >= every;
            vi.advanceTimersByTime(Math.min(watchdog.patience, every));
            if (alive) watchdog.keepalive();
            else watchdog.silent();
          }
          expect(++cuts).toBeLessThan(10);
        }
        expect(watchdog.patience).toBeLessThanOrEqual(Math.max(2.2 * every + 1, 120_000));
      }
    }),
  );
});

test('rule 5: one keepalive that was held up does not make the next one late', () => {
  const watchdog = new Watchdog(30_000);
  watchdog.opened();
  for (const after of [60_000, 1_000, 60_000]) {
    vi.advanceTimersByTime(after);
    watchdog.keepalive();
  }
  expect(watchdog.patience).toBeGreaterThanOrEqual(60_000 + 1000);
});

const event = (name: string): NtfyEvent => ({ id: 'x', time: 1, event: name });

/** What became of a watched stream. */
function watch(source: Observable<NtfyEvent>, watchdog = new Watchdog(60_000)) {
  const seen: string[] = [];
  const subscription = source.pipe(watched(watchdog)).subscribe({
    next: (one) => seen.push(one.event),
    error: (error: Error) => seen.push(error.message),
    complete: () => seen.push('complete'),
  });
  return { seen, subscription };
}

test('rule 4: a stream that has not said open within 15 s is given up, whatever else it says', () => {
  const source = new Subject<NtfyEvent>();
  const { seen } = watch(source);
  vi.advanceTimersByTime(14_999);
  source.next(event('keepalive'));
  expect(seen).toEqual(['keepalive']);
  vi.advanceTimersByTime(1);
  expect(seen.at(-1)).toBe('the server did not let Milton listen for 15 s');
  expect(source.observed).toBe(false);
});

test('rule 5: any event feeds the watchdog, and silence ends the stream', () => {
  const source = new Subject<NtfyEvent>();
  const { seen } = watch(source);
  source.next(event('open'));
  for (const name of ['hologram', 'message', 'keepalive', 'keepalive']) {
    vi.advanceTimersByTime(59_999);
    source.next(event(name));
  }
  vi.advanceTimersByTime(131_990);
  expect(seen).toEqual(['open', 'hologram', 'message', 'keepalive', 'keepalive']);
  vi.advanceTimersByTime(10);
  expect(seen.at(-1)).toMatch(/^the server was silent for 132 s/);
  expect(source.observed).toBe(false);

  const watchdog = new Watchdog(60_000);
  const mute = new Subject<NtfyEvent>();
  watch(mute, watchdog);
  mute.next(event('open'));
  vi.advanceTimersByTime(60_000);
  expect([mute.observed, watchdog.patience]).toEqual([false, 120_000]);
});

test('rule 18: whoever lets go of a watched stream leaves no timer', async () => {
  const { subscription } = watch(NEVER);
  expect(vi.getTimerCount()).toBe(1);
  subscription.unsubscribe();
  expect(vi.getTimerCount()).toBe(0);
  const source = new Subject<NtfyEvent>();
  const all = firstValueFrom(source.pipe(watched(new Watchdog(1000)), toArray()));
  source.next(event('open'));
  source.complete();
  expect(await all).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
