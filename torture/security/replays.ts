import { sign } from '../../src/plugins/authorise/signature.ts';
import type { Random } from '../random.ts';
import type { Outcome } from '../scenario.ts';
import { GuardedMilton } from './guarded-milton.ts';

const isOpen = ({ state }: { readonly state: string }) => state === 'queued' || state === 'active';

/** T2: who has recorded signed messages sends them again and again, to a Milton that is killed at any moment and started again. */
export async function replays({
  random,
  quick,
}: {
  readonly random: Random;
  readonly quick: boolean;
}): Promise<Outcome> {
  const [messages, times, kills] = quick ? [20, 50, 5] : [100, 1_000, 50];
  await using guarded = await GuardedMilton.start();
  const { server, key, milton } = guarded;
  const recorded = Array.from({ length: messages }, (_, index) => sign(`CODE: number ${index}`, key));
  const all = random.shuffle(recorded.flatMap((wire) => Array<string>(times).fill(wire)));
  const each = Math.ceil(all.length / (kills + 1));
  for (let life = 0; life <= kills; life++) {
    for (const wire of all.slice(life * each, (life + 1) * each)) server.publish('asks', wire);
    // Somewhere between the first and the last of them.
    await guarded.until(() => false, random.int(400));
    if (life === kills) break;
    await milton.stop('SIGKILL');
    await guarded.again();
  }
  let jobs = await guarded.jobs();
  for (let looks = 0; looks < 300 && (jobs.length < messages || jobs.some(isOpen)); looks++) {
    await guarded.until(() => false, 1_000);
    jobs = await guarded.jobs();
  }
  const texts = guarded.starts.map(({ text }) => text);
  const twice = texts.length - new Set(texts).size + jobs.length - new Set(jobs.map(({ text }) => text)).size;
  const lost = messages - new Set(jobs.map(({ text }) => text)).size;
  const open = jobs.filter(isOpen).length;
  return {
    counts: [
      { what: 'messages', value: messages },
      { what: 'sent', value: all.length },
      { what: 'kills', value: kills },
      { what: 'run twice', value: twice, broken: twice > 0 },
      { what: 'lost', value: lost, broken: lost > 0 },
      { what: 'without an end', value: open, broken: open > 0 },
      { what: 'interrupted', value: jobs.filter(({ state }) => state === 'interrupted').length },
    ],
  };
}
