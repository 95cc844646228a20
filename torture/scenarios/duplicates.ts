import { setTimeout as sleep } from 'node:timers/promises';
import { Bed } from '../bed.ts';
import { healthOf, promises, type Scenario } from '../scenario.ts';

/** How long a stray delivery may be on its way, in ms. */
const STRAY = 3_000;

/** Each message reaches Milton one to five times, in any order within two seconds. */
export const run: Scenario = async ({ server, seed, quick }) => {
  const messages = quick ? 5_000 : 100_000;
  await using bed = await Bed.lay({ server, seed, concurrency: 16, ntfy: { overlap: 120 } });
  await bed.proxy.set({ shuffle: { copies: 5, window: 2_000 } });
  await bed.milton.start();
  await bed.connected();
  const began = performance.now();
  await bed.publisher.sendAll(messages, { atOnce: 16 });
  // Two notices for each message are not waited for: what this is about shows in the starts.
  const enough = async () => bed.started >= messages && (await quiet(bed));
  await bed.until(enough, messages * 60 + 60_000, 'not every message was heard').catch(() => {});
  const seconds = (performance.now() - began) / 1000;
  const judgement = await bed.judge({ finals: false });
  return {
    counts: [
      ...promises(judgement),
      { what: 'delivered', value: (await bed.proxy.counts()).lines },
      { what: 'messages/s', value: Math.round(messages / seconds) },
      { what: 'MB', value: Math.round(bed.memory) },
      ...healthOf(bed),
    ],
    complaints: judgement.complaints,
  };
};

/** Whether no line is on its way to Milton any more. */
async function quiet({ proxy }: Bed): Promise<boolean> {
  const { lines } = await proxy.counts();
  await sleep(STRAY);
  return (await proxy.counts()).lines === lines;
}
