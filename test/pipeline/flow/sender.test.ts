import { setTimeout as sleep } from 'node:timers/promises';
import { BehaviorSubject, NEVER, type Observable, throwError } from 'rxjs';
import { afterEach, describe, expect, test } from 'vitest';
import { createSender } from '../../../src/pipeline/flow/sender.ts';
import type { Notice, NoticeKind } from '../../../src/pipeline/message.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { type Health, TransportError } from '../../../src/pipeline/transport.ts';
import { memoryLogger } from '../../../src/testing/memory-logger.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Send = (run: string, kind: NoticeKind, title: string) => void | Promise<void>;

function made(send: Send, health$: Observable<Health> = NEVER, given?: JobStore) {
  const time = { ahead: 0 };
  const clock = { now: () => Date.now() + time.ahead };
  const real = given ?? memoryStore(clock);
  const tries: string[] = [];
  const arrived: string[] = [];
  const log: Parameters<typeof memoryLogger>[0] = [];
  const calls: string[] = [];
  const store = new Proxy(real, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(String(key));
        return value.apply(target, args);
      };
    },
  });
  const [stop, cut] = [new AbortController(), new AbortController()];
  let number = 0;
  const put = async (run: string, kind: NoticeKind, title = `${run} ${kind}`) => {
    const id = `m${number++}`;
    const notice: Notice = { title, kind };
    const message = { id, text: 'x', transport: 'phone', at: '' };
    await store.accept({ run, message, seen: [id], effects: [], notices: [{ key: id, notice }] });
  };
  const sender = createSender({
    store,
    transport: {
      name: 'phone',
      exposure: 'local',
      messages$: NEVER,
      health$,
      async send(notice, { run }) {
        tries.push(notice.title);
        await send(run, notice.kind ?? 'progress', notice.title);
        arrived.push(notice.title);
      },
    },
    logger: memoryLogger(log),
    clock,
    fitting: { clean: (text) => text, reduce: (notice) => notice },
    stop: stop.signal,
    cut: cut.signal,
  });
  ends.push(async () => {
    stop.abort();
    cut.abort();
    await sender.finished;
    await real.close();
  });
  return { store, put, tries, arrived, log, calls, time };
}

const down = () => new TransportError('away', { retryable: true });
const later = (ms: number) => new TransportError('not yet', { retryable: true, paced: true, retryAfter: ms });
const never = () => new TransportError('left out', { retryable: false, paced: true });

describe('what the transport paces', () => {
  test('waits as long as it is told, is no failed try and no news for the log', async () => {
    let allowed = 0;
    const { put, arrived, tries, log, calls } = made(() => {
      if (tries.length <= 15) throw later(5);
      allowed++;
    });
    await put('a', 'milestone');
    await expect.poll(() => arrived).toEqual(['a milestone']);
    expect([allowed, tries.length]).toEqual([1, 16]);
    expect(calls).not.toContain('postpone');
    expect(log.filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  test('holds back all of its kind, however many wait, and what waits for them in their run', async () => {
    const { put, arrived, tries } = made((_run, kind) => {
      if (kind === 'milestone') throw later(3_600_000);
    });
    for (let i = 0; i < 60; i++) await put(`w${i}`, 'milestone');
    await put('w0', 'final');
    await put('z', 'final');
    await expect.poll(() => arrived).toEqual(['z final']);
    expect(tries).toEqual(['w0 milestone', 'z final']);
  });

  test('costs next to nothing with thousands of results that wait for the same limit', async () => {
    let free = 50;
    const { put, arrived, tries, calls } = made(() => {
      if (free-- <= 0) throw later(50);
    });
    for (let i = 0; i < 2_000; i++) await put(`r${i}`, 'final');
    await expect.poll(() => arrived.length).toBe(50);
    const [asked, before] = [tries.length, calls.length];
    free = 5;
    await expect.poll(() => arrived.length).toBe(55);
    expect(tries.length - asked).toBeLessThan(20);
    expect(calls.slice(before).filter((name) => name === 'unsent').length).toBeLessThan(30);
  });

  test('and left out is given up, so that what follows goes on', async () => {
    const { put, arrived, log } = made((_run, kind) => {
      if (kind === 'milestone') throw never();
    });
    await put('a', 'milestone');
    await put('a', 'final');
    await expect.poll(() => arrived).toEqual(['a final']);
    expect(log.filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  test('is asked again at once when the clock is set back', async () => {
    let ready = false;
    const { put, arrived, tries, time } = made(() => {
      if (!ready) throw later(3_600_000);
    });
    await put('a', 'final');
    await expect.poll(() => tries.length).toBe(1);
    ready = true;
    time.ahead = -7_200_000;
    await put('b', 'final');
    await expect.poll(() => [...arrived].sort()).toEqual(['a final', 'b final']);
  });

  test('costs nothing while it waits, also after a failure, and when it is gone meanwhile', async () => {
    let failed = false;
    const { put, tries, calls, store } = made((run, kind) => {
      if (kind === 'question') throw later(20);
      if (!failed && run === 'a') {
        failed = true;
        throw down();
      }
      throw later(3_600_000);
    });
    await put('a', 'final');
    await put('b', 'question');
    await expect.poll(() => tries.filter((title) => title === 'a final').length).toBe(2);
    for (const row of await store.unsent('phone', 10)) if (row.run === 'b') await store.sent(row);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const before = calls.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(calls.length - before).toBeLessThan(5);
  });

  test('progress finds its time again in the store, where newer progress inherits it', async () => {
    const { put, tries, store } = made((_run, kind) => {
      if (kind === 'progress') throw later(3_600_000);
    });
    await put('a', 'progress', 'old');
    await expect.poll(async () => await store.nextDue('phone')).toBeGreaterThan(Date.now() + 3_000_000);
    await put('a', 'progress', 'new');
    await put('b', 'final');
    await expect.poll(() => tries).toEqual(['old', 'b final']);
  });
});

describe('while the other side is away', () => {
  test('not every notice is tried, and each arrives as soon as one came through', async () => {
    let away = true;
    const { put, arrived, tries } = made(() => {
      if (away) throw down();
    });
    for (let i = 0; i < 200; i++) await put(`r${i}`, 'final');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const during = tries.length;
    expect(during).toBeLessThan(15);
    away = false;
    await expect.poll(() => arrived.length, { timeout: 40_000 }).toBe(200);
    expect(tries.length - during).toBe(200);
  });

  test('the tries are shared out, so that none is given up for all', async () => {
    const { put, tries } = made(() => {
      throw down();
    });
    for (let i = 0; i < 5; i++) await put(`r${i}`, 'milestone');
    await expect.poll(() => tries.length, { timeout: 40_000 }).toBeGreaterThanOrEqual(4);
    expect(new Set(tries.slice(0, 4)).size).toBeGreaterThanOrEqual(3);
  });

  test('an acknowledgement outlives an outage of many tries', async () => {
    const health$ = new BehaviorSubject<Health>({ state: 'reconnecting', since: '', why: '' });
    const { put, arrived, tries } = made(() => {
      if (tries.length <= 25) throw down();
    }, health$);
    await put('a', 'reply');
    const back = setInterval(() => {
      health$.next({ state: 'connected' });
    }, 10);
    // Each hint stands for the end of a longer wait.
    await expect
      .poll(() => arrived, { timeout: 30_000 })
      .toEqual(['a reply'])
      .finally(() => clearInterval(back));
  });

  test('one that alone fails holds up no other', async () => {
    const { put, arrived } = made((run) => {
      if (run === 'bad') throw down();
    });
    await put('bad', 'final');
    for (let i = 0; i < 30; i++) await put(`r${i}`, 'final');
    await expect.poll(() => arrived.length).toBe(30);
  });

  test('many that fail whatever the server does hold up no other, and keep the order of their runs', async () => {
    const { store, time, put, arrived, tries } = made((run) => {
      if (run.startsWith('bad')) throw down();
    });
    for (let i = 0; i < 25; i++) {
      await put(`bad${i}`, 'final', `bad${i} first`);
      await put(`bad${i}`, 'final', `bad${i} second`);
    }
    await put('good', 'final', 'good first');
    await put('good', 'final', 'good second');
    const on = setInterval(() => {
      time.ahead += 31_000;
      void store.announce('nobody', { key: String(time.ahead), notice: { title: 'wakes the sender' } });
    }, 5);
    await expect.poll(() => arrived).toEqual(['good first', 'good second']);
    await put('later', 'final');
    await expect.poll(() => arrived).toContain('later final');
    clearInterval(on);
    expect(tries.filter((title) => title.endsWith('second'))).toEqual(['good second']);
  });

  test('many that something on the way refuses, each for itself, hold up no other', async () => {
    const { put, arrived, tries } = made((run) => {
      if (run.startsWith('bad')) {
        throw new TransportError('403', { retryable: true, retryAfter: 300_000, alone: true });
      }
    });
    for (let i = 0; i < 3; i++) {
      await put(`bad${i}`, 'final');
      for (let j = 0; j < 10; j++) await put(`r${i}${j}`, 'final');
    }
    await expect.poll(() => arrived.length).toBe(30);
    expect(tries.filter((title) => title.startsWith('bad'))).toHaveLength(3);
  });

  test('one Retry-After of a single notice is not for all the others', async () => {
    let first = true;
    const { put, arrived } = made(() => {
      if (!first) return;
      first = false;
      throw new TransportError('503', { retryable: true, retryAfter: 900_000 });
    });
    await put('a', 'final');
    await put('b', 'final');
    await expect.poll(() => arrived.length).toBe(2);
  });

  test('news that it is back ends the wait', async () => {
    const health$ = new BehaviorSubject<Health>({ state: 'reconnecting', since: '', why: '' });
    let away = true;
    const { put, arrived, tries } = made(() => {
      if (away) throw new TransportError('away', { retryable: true, retryAfter: 600_000 });
    }, health$);
    await put('a', 'final');
    await put('b', 'final');
    // The second failure in a row is what makes all wait.
    await expect.poll(() => tries.length).toBe(2);
    away = false;
    health$.next({ state: 'connected' });
    await expect.poll(() => [...arrived].sort()).toEqual(['a final', 'b final']);
  });

  test('a transport whose state fails is sent through all the same', async () => {
    const thrown: unknown[] = [];
    const took = (error: unknown) => void thrown.push(error);
    process.on('uncaughtException', took);
    ends.push(() => process.off('uncaughtException', took));
    const { put, arrived } = made(
      () => {},
      throwError(() => new Error('no state')),
    );
    await put('a', 'final');
    await expect.poll(() => arrived).toEqual(['a final']);
    await sleep(20);
    expect(thrown).toEqual([]);
  });

  test('a refusal shows that it is there', async () => {
    const { put, arrived } = made((run) => {
      if (run === 'bad') throw new TransportError('400', { retryable: false });
    });
    await put('bad', 'reply');
    await put('good', 'reply');
    await expect.poll(() => arrived).toEqual(['good reply']);
  });
});
