import { Bed } from '../bed.ts';
import { healthOf, promises, type Scenario } from '../scenario.ts';

const MOST_MEMORY = 300;

/** Rubbish between the good messages: cut JSON, bytes that are no text, lines of megabytes, fields of the wrong type. */
export const run: Scenario = async ({ server, seed, quick }) => {
  const [lines, messages] = quick ? [50_000, 50] : [1_000_000, 500];
  await using bed = await Bed.lay({ server, seed, logLevel: 'error' });
  await bed.proxy.set({ rubbish: { lines } });
  await bed.milton.start();
  await bed.connected();
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, bed.memory);
  }, 100);
  const written = async () => (await bed.proxy.counts()).rubbish >= lines;
  await Promise.all([
    bed.publisher.sendAll(messages, { overMs: lines / 40 }),
    bed.until(written, 600_000, 'the rubbish was not read'),
  ]);
  clearInterval(watch);
  // What the rubbish may have done to the memory of where Milton is shows at the next connect.
  await bed.proxy.set({});
  await bed.proxy.cut();
  await bed.publisher.sendAll(messages);
  await bed.settled(300_000);
  const judgement = await bed.judge();
  return {
    counts: [
      ...promises(judgement),
      { what: 'lines of rubbish', value: (await bed.proxy.counts()).rubbish },
      { what: 'most MB', value: Math.round(most), broken: most > MOST_MEMORY },
      ...healthOf(bed),
    ],
    complaints: judgement.complaints,
  };
};
