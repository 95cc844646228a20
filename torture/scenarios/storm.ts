import { setTimeout as sleep } from 'node:timers/promises';
import { Bed } from '../bed.ts';
import { healthOf, promises, type Scenario, sum } from '../scenario.ts';

/** Disconnects per second and Milton, about; the messages are spread over the storm by it. */
const RATE = 22;

/** Messages while every subscription is cut within half a second, and many polls and publications are. */
export const run: Scenario = async ({ server, seed, quick }) => {
  const [miltons, messages, disconnects] = quick ? [1, 100, 500] : [4, 500, 2_500];
  const counted = await Promise.all(
    Array.from({ length: miltons }, async (_, i) => {
      await using bed = await Bed.lay({ server, seed: seed + i, ntfy: { backoffMax: 0.02 } });
      return await storm(bed, messages, disconnects);
    }),
  );
  return sum(counted);
};

async function storm(bed: Bed, messages: number, disconnects: number) {
  await bed.milton.start();
  await bed.connected();
  const before = bed.memory;
  await bed.proxy.set({ cut: { share: { subscribe: 1, poll: 0.3, publish: 0.3 }, most: 500, mostly: 30 } });
  await bed.proxy.cut();
  const cuts = async () => {
    const { cuts } = await bed.proxy.counts();
    return cuts.subscribe + cuts.poll + cuts.publish;
  };
  const enough = async () => (await cuts()) >= disconnects;
  await Promise.all([
    bed.publisher.sendAll(messages, { overMs: (disconnects / RATE) * 800 }),
    bed.until(enough, 900_000, `there were no ${disconnects} disconnects`),
  ]);
  const { cuts: cut, calls } = await bed.proxy.counts();
  await bed.proxy.set({});
  await bed.settled(300_000);
  await sleep(500);
  const after = bed.memory;
  const judgement = await bed.judge();
  return {
    counts: [
      ...promises(judgement),
      { what: 'disconnects', value: cut.subscribe + cut.poll + cut.publish },
      { what: 'of streams', value: cut.subscribe },
      { what: 'connects', value: calls.subscribe },
      { what: 'MB at first', value: Math.round(before), unite: Math.max },
      { what: 'MB at last', value: Math.round(after), unite: Math.max },
      ...healthOf(bed),
    ],
    complaints: judgement.complaints,
  };
}
