import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { persistence } from '../../../src/plugins/research/responses-api/persist.ts';
import { ServiceError } from '../../../src/plugins/research/responses-api/service-error.ts';

const never = new AbortController().signal;
const down = () => Promise.reject(new ServiceError('It answered 503.', { retryable: true }));
const bad = () => Promise.reject(new ServiceError('It answered 400.'));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('a service that is down', () => {
  const open = async () => {
    const persist = persistence('Wiki', 0);
    for (let failures = 0; failures < 5; failures++) await persist(down, never).catch(() => {});
    return persist;
  };

  it('is left alone after five failures in a row, and says so', async () => {
    const persist = await open();
    const work = vi.fn(async () => 'fine');
    await expect(persist(work, never)).rejects.toThrow(
      'Wiki failed 5 times in a row (It answered 503) and is left alone for some minutes.',
    );
    expect(work).not.toHaveBeenCalled();
  });

  it('is asked by one request after five minutes, and by all again once that has worked', async () => {
    const persist = await open();
    vi.setSystemTime(Date.now() + 300_001);
    const probe = Promise.withResolvers<string>();
    const first = persist(() => probe.promise, never);
    const other = vi.fn(async () => 'too early');
    await expect(persist(other, never)).rejects.toThrow('left alone');
    expect(other).not.toHaveBeenCalled();
    probe.resolve('back');
    expect(await first).toBe('back');
    expect(await persist(async () => 'again', never)).toBe('again');
  });

  it('is left alone again where that has failed', async () => {
    const persist = await open();
    vi.setSystemTime(Date.now() + 300_001);
    await expect(persist(down, never)).rejects.toThrow('503');
    await expect(persist(async () => 'fine', never)).rejects.toThrow('left alone');
  });

  it('is named by what went wrong where it is left alone in the middle of a request', async () => {
    const persist = persistence('Wiki', 9);
    const work = vi.fn(down);
    await expect(persist(work, never)).rejects.toThrow('It answered 503.');
    expect(work).toHaveBeenCalledTimes(5);
  });
});

it('is not taken to be back where somebody has stopped the request that was to find out', async () => {
  const persist = persistence('Wiki', 0);
  for (let failures = 0; failures < 5; failures++) await persist(down, never).catch(() => {});
  vi.setSystemTime(Date.now() + 300_001);
  const stop = new AbortController();
  const stopped = persist(() => {
    stop.abort(new Error('cancelled'));
    return Promise.reject(stop.signal.reason);
  }, stop.signal);
  await expect(stopped).rejects.toThrow('cancelled');
  await expect(persist(async () => 'fine', never)).rejects.toThrow('left alone');
});

it('does not count what is no trouble of the service, nor failures with a success between them', async () => {
  const persist = persistence('Wiki', 0);
  for (let n = 0; n < 10; n++) await persist(bad, never).catch(() => {});
  for (let n = 0; n < 10; n++) await persist(n % 4 === 3 ? async () => 'fine' : down, never).catch(() => {});
  expect(await persist(async () => 'fine', never)).toBe('fine');
});

describe('the pause before another try', () => {
  /** Lets every try fail like this, and gives the pauses between them, in ms. */
  async function pausesAfter(retryAfter?: number): Promise<number[]> {
    const pauses: number[] = [];
    const pause = async (ms?: number) => void pauses.push(ms ?? 0);
    const failing = () => Promise.reject(new ServiceError('busy', { retryable: true, retryAfter }));
    await persistence('Wiki', 9, pause as never)(failing, never).catch(() => {});
    return pauses;
  }

  it('is a random part of 0.5 s, 1 s, 2 s, 4 s', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    expect(await pausesAfter()).toEqual([250, 500, 1000, 2000, 4000].slice(0, 5));
  });

  it.each([
    [3000, 3000],
    [20_000, 20_000],
    [0, 0],
  ])('is what the server asks for: %i ms', async (retryAfter, expected) => {
    expect((await pausesAfter(retryAfter))[0]).toBe(expected);
  });

  it.each([20_001, 86_400_000])(
    'is none where the server asks for %i ms: there is no other try',
    async (retryAfter) => {
      expect(await pausesAfter(retryAfter)).toEqual([]);
    },
  );
});

it('asks nobody once it is aborted', async () => {
  const work = vi.fn(down);
  const reason = new Error('cancelled');
  await expect(persistence('Wiki', 3)(work, AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(work).not.toHaveBeenCalled();
});
