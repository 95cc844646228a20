import { setTimeout as sleep } from 'node:timers/promises';
import { Bed } from '../bed.ts';
import { healthOf, promises, type Scenario, sum } from '../scenario.ts';

/** The server looks every 10 s for what is due; a message is due 10 s after its publishing at the earliest. */
const AWAY = 16_000;

/** Messages that become due while Milton is not running, or has no network. */
export const run: Scenario = async ({ server, seed, quick, random }) => {
  const messages = quick ? 10 : 50;
  const away = async (i: number, leave: (bed: Bed) => Promise<unknown>, comeBack: (bed: Bed) => Promise<unknown>) => {
    await using bed = await Bed.lay({ server, seed: seed + i, ntfy: { overlap: 120 } });
    await bed.milton.start();
    await bed.connected();
    for (let n = 0; n < messages; n++) await bed.publisher.send({ in: `${10 + random.int(3)}s` });
    // What is published later and heard at once moves the mark beyond the scheduled ones.
    await bed.publisher.sendAll(5);
    await bed.until(() => bed.started >= 5, 60_000, 'what was not scheduled was not heard');
    await leave(bed);
    await sleep(AWAY);
    await comeBack(bed);
    await bed.settled(120_000);
    const judgement = await bed.judge();
    const counts = [...promises(judgement), { what: 'scheduled', value: messages }, ...healthOf(bed)];
    return { counts, complaints: judgement.complaints };
  };
  return sum(
    await Promise.all([
      away(
        0,
        ({ milton }) => milton.stop(),
        ({ milton }) => milton.start(),
      ),
      away(
        1,
        ({ proxy }) => Promise.all([proxy.set({ offline: true }), proxy.cut()]),
        ({ proxy }) => proxy.set({}),
      ),
    ]),
  );
};
