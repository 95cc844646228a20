import { setTimeout as sleep } from 'node:timers/promises';
import { Bed } from '../bed.ts';
import { type Count, healthOf, promises, type Scenario } from '../scenario.ts';

/** How many messages wait at every kill, at least about. */
const LOAD = 200;

/** Milton is killed at random instants while it works. */
export const run: Scenario = async ({ server, seed, quick, random }) => {
  const kills = quick ? 10 : 100;
  await using bed = await Bed.lay({ server, seed, workMs: 10 });
  // What was sent before Milton first listened is not meant for it.
  await bed.milton.start();
  await bed.connected();
  await bed.publisher.sendAll(LOAD);
  let ended = false;
  for (let i = 0; i < kills; i++) {
    const topUp = bed.publisher.sendAll(Math.max(0, bed.started + LOAD - bed.publisher.count));
    await sleep(random() * 800);
    ended ||= (await bed.milton.stop('SIGKILL')) !== 'SIGKILL';
    await topUp;
    await bed.milton.start();
  }
  await bed.settled(300_000);
  const judgement = await bed.judge();
  return {
    counts: [
      ...promises(judgement),
      { what: 'kills', value: kills },
      await unfinished(bed),
      ...healthOf(bed, { ended }),
    ],
    complaints: judgement.complaints,
  };
};

/** Runs that never came to a final state, by Milton's own list. */
async function unfinished({ milton }: Bed): Promise<Count> {
  const open = (await milton.runs()).filter(({ state }) => ['held', 'queued', 'active'].includes(state)).length;
  return { what: 'runs without an end', value: open, broken: open > 0 };
}
