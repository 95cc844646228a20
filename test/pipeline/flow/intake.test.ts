import { expect, test } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { createIntake } from '../../../src/pipeline/flow/intake.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { memoryLogger } from '../../../src/testing/memory-logger.ts';

/** Sends messages through an intake whose store takes none the first `out` times; `tell` is how the person is told. */
async function start(out: number, tell: (call: number) => void) {
  const store = memoryStore();
  let [tries, calls] = [0, 0];
  const told: number[] = [];
  const intake = createIntake({
    clean: (text) => text,
    store: Object.assign(Object.create(store) as typeof store, {
      get: (id: string) => store.get(id),
      accept: async (acceptance: Parameters<typeof store.accept>[0]) => {
        if (tries++ < out) throw new MiltonError('STORE_FULL', 'The disk is full.');
        return store.accept(acceptance);
      },
    }),
    chain: async () => {},
    logger: memoryLogger(),
    clock: { now: () => 0 },
    async tellNow() {
      told.push(tries);
      tell(++calls);
    },
    hasPlace: () => true,
    pause: 1,
  });
  const take = async (id: string) => {
    const message = { id, text: 'x', transport: 'phone', at: '' };
    await intake({ message, settle() {} }, 0, new AbortController().signal);
  };
  await take('m1');
  await take('m2');
  await store.close();
  return told;
}

test('the person hears once that the store is out', async () => {
  expect(await start(40, () => {})).toEqual([1]);
});

test('that could not be told is told again, and not each time', async () => {
  const told = await start(40, (call) => {
    if (call < 3) throw new Error('no network');
  });
  expect(told).toEqual([1, 13, 25]);
});
