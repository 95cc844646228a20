import { Bed } from '../bed.ts';
import { healthOf, promises, type Scenario } from '../scenario.ts';

/** The server sends all it has, again and again: after a restart of Milton, and after disconnects. */
export const run: Scenario = async ({ server, seed, quick }) => {
  const messages = quick ? 250 : 5_000;
  await using bed = await Bed.lay({ server, seed });
  await bed.milton.start();
  await bed.connected();
  await bed.publisher.sendAll(messages);
  await bed.settled(messages * 50 + 120_000);
  await bed.milton.stop();
  await bed.proxy.set({ replay: true });
  const passed = (await bed.proxy.counts()).lines;
  await bed.milton.start();
  const began = performance.now();
  await bed.connected();
  const old = bed.started;
  await bed.publisher.send();
  await bed.until(() => bed.started > old, 120_000, 'a message behind the replay was not heard');
  const caughtUp = performance.now() - began;
  for (let i = 0; i < 3; i++) {
    await bed.proxy.cut();
    const before = (await bed.proxy.counts()).lines;
    const again = async () => (await bed.proxy.counts()).lines >= before + messages;
    await bed.until(again, 120_000, 'nothing was replayed');
    await bed.publisher.send();
  }
  await bed.settled(300_000);
  const judgement = await bed.judge();
  return {
    counts: [
      ...promises(judgement),
      { what: 'replayed lines', value: (await bed.proxy.counts()).lines - passed },
      { what: 'caught up in ms', value: Math.round(caughtUp), broken: caughtUp > 5_000 },
      ...healthOf(bed),
    ],
    complaints: judgement.complaints,
  };
};
