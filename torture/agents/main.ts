// Usage: npm run torture -- agents [--quick] [--rounds N] [--seed N]
// Cancels agents at random instants while a command of theirs ignores every polite signal and has left for a session of its own. Real
// ones: CLAUDE_BIN and CODEX_BIN (several with `:` between them), else what lies in `.cache`. A scripted one always takes part.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { seeded } from '../random.ts';
import { contestants } from './contestants.ts';
import { type Round, roundOf } from './round.ts';

/** Rounds at once: each is a process tree of its own, and none may touch another's. */
const AT_ONCE = 4;

const { values: flags } = parseArgs({
  args: process.argv.slice(2).filter((word) => word !== 'agents'),
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seed: { type: 'string' },
  },
});
const rounds = Number(flags.rounds ?? (flags.quick ? 25 : 500));
const seed = flags.seed === undefined ? Date.now() % 2 ** 31 : Number(flags.seed);
if (!Number.isSafeInteger(rounds) || rounds < 1 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error('--rounds and --seed must be whole numbers.');
  process.exit(2);
}
const random = seeded(seed);
console.error(`Seed ${seed}. ${rounds} rounds of each agent, ${AT_ONCE} at once.`);

const lines = ['| agent | counted | promises | time |', '|---|---|---|---|'];
let broken = false;
for (const contestant of contestants()) {
  process.stderr.write(`${contestant.name} … `);
  const began = performance.now();
  const done: Round[] = [];
  let begun = 0;
  const one = async () => {
    while (begun++ < rounds) done.push(await roundOf(contestant, random));
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, rounds) }, one));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const count = (which: (round: Round) => boolean) => done.filter(which).length;
  const left = done.reduce((total, round) => total + round.left, 0);
  const late = done.map(({ stopMs }) => stopMs).toSorted((a, b) => a - b);
  const unstopped = count(({ outcome }) => outcome !== 'stopped');
  const kept = left === 0 && unstopped === 0;
  broken ||= !kept;
  process.stderr.write(`${kept ? 'kept' : 'BROKEN'}, ${seconds} s\n`);
  for (const { trouble } of done) if (trouble) console.error(`  ${trouble}`);
  const counted = [
    `rounds ${done.length}`,
    `cancelled at work ${count(({ when }) => when === 'at work')}`,
    `on the way there ${count(({ when }) => when === 'on the way')}`,
    `processes at the cancel ${done.reduce((total, round) => total + round.lived, 0)}`,
    `left ${left}`,
    `not stopped ${unstopped}`,
    `stop ms ${Math.round(late[Math.floor(late.length / 2)] ?? 0)} (median) ${Math.round(late.at(-1) ?? 0)} (longest)`,
  ];
  lines.push(`| ${contestant.name} | ${counted.join(' · ')} | ${kept ? 'kept' : '**BROKEN**'} | ${seconds} s |`);
}
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`;
console.log(`\n${lines.join('\n')}\n\nSeed ${seed}. ${machine}.`);
process.exit(broken ? 1 : 0);
