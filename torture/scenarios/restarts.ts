import { setTimeout as sleep } from 'node:timers/promises';
import { Bed } from '../bed.ts';
import { healthOf, promises, type Scenario } from '../scenario.ts';

/** The server is killed and started again, every other time without its cache; messages come just before and just after. */
export const run: Scenario = async ({ server, seed, quick, random }) => {
  const restarts = quick ? 6 : 100;
  await using bed = await Bed.lay({ server, seed, ntfy: { backoffMax: 0.3 } });
  await bed.milton.start();
  await bed.connected();
  for (let i = 0; i < restarts; i++) {
    const loseCache = i % 2 === 1;
    await bed.publisher.sendAll(3, { overMs: random() * 300, atOnce: 1 });
    await sleep(random() * 300);
    if (loseCache) bed.noteWipe();
    await server.restart({ loseCache, downMs: random() * 500 });
    await bed.publisher.sendAll(3, { overMs: random() * 300, atOnce: 1 });
    await sleep(random() * 600);
  }
  await bed.settled(60_000);
  const judgement = await bed.judge();
  return {
    counts: [
      ...promises(judgement),
      { what: 'restarts', value: restarts },
      { what: 'without cache', value: Math.floor(restarts / 2) },
      { what: 'connects', value: (await bed.proxy.counts()).calls.subscribe },
      ...healthOf(bed),
    ],
    complaints: judgement.complaints,
  };
};
