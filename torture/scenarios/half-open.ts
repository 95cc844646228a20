import { setTimeout as sleep } from 'node:timers/promises';
import { Bed } from '../bed.ts';
import { healthOf, promises, type Scenario, sum } from '../scenario.ts';

/** Milton's time runs faster, so that its default of 120 s without a sign of life passes in 4 s. */
const FASTER = 30;
/** The server's 45 s between two keepalives, in that time; ms. */
const KEEPALIVE = 45_000 / FASTER;
/** How soon a dead connection should be found in seconds of Milton's time, and when it must have been, whatever came before. */
const [SOON, MOST] = [130, 915];

/** Subscriptions that go silent without an end, some at once and some after a while, while messages come. */
export const run: Scenario = async ({ server, seed, quick }) => {
  const [miltons, connections] = quick ? [2, 3] : [4, 25];
  const counted = await Promise.all(
    Array.from({ length: miltons }, async (_, i) => {
      await using bed = await Bed.lay({ server, seed: seed + i, faster: FASTER, ntfy: { overlap: 120 } });
      return await hang(bed, connections);
    }),
  );
  return sum(counted);
};

async function hang(bed: Bed, connections: number) {
  await bed.proxy.set({ keepalive: KEEPALIVE });
  await bed.milton.start();
  await bed.connected();
  // Milton learns how often this server gives a sign of life.
  await sleep(4 * KEEPALIVE);
  await bed.proxy.set({ keepalive: KEEPALIVE, hang: { within: 3 * KEEPALIVE, share: 1 } });
  await bed.proxy.cut();
  const over = async () => (await bed.proxy.counts()).givenUp.length >= connections;
  const found = bed.until(over, connections * 100_000, `${connections} half-open connections were not given up`);
  await Promise.all([bed.publisher.sendAll(connections * 4, { overMs: connections * 4_000 }), found]);
  const { hung, givenUp, hanging } = await bed.proxy.counts();
  await bed.proxy.set({});
  await bed.proxy.cut();
  await bed.settled(300_000);
  const judgement = await bed.judge();
  const inSeconds = (all: readonly number[]) => all.map((ms) => Math.round((ms * FASTER) / 1000));
  const seconds = inSeconds(givenUp);
  const undetected = inSeconds(hanging).filter((one) => one > MOST).length;
  const longest = Math.max(...seconds);
  return {
    counts: [
      ...promises(judgement),
      { what: 'half-open', value: hung },
      { what: 'detected', value: givenUp.length },
      { what: 'undetected', value: undetected, broken: undetected > 0 },
      // Younger than what Milton may take, when the scenario ended.
      { what: 'cut by the end', value: hanging.length - undetected },
      { what: `within ${SOON} s`, value: seconds.filter((one) => one <= SOON).length },
      { what: 'longest s', value: longest, broken: longest > MOST, unite: Math.max },
      { what: 'time faster', value: FASTER, unite: Math.max },
      ...healthOf(bed),
    ],
    complaints: judgement.complaints,
  };
}
