// Usage: npm run torture -- security [--quick] [--seed N] [SCENARIO…]
// Strangers at a real Milton that takes signed messages alone: floods, and recorded messages sent again through kills. And hostile texts.
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Random, seeded } from '../random.ts';
import type { Outcome } from '../scenario.ts';
import { flood } from './flood.ts';
import { fuzzTexts } from './fuzz-texts.ts';
import { replays } from './replays.ts';

const SCENARIOS: Readonly<Record<string, (trial: { random: Random; quick: boolean }) => Promise<Outcome>>> = {
  flood,
  replays,
  async texts({ random, quick }) {
    const { texts, bad } = await fuzzTexts(quick ? 50_000 : 1_000_000, random.int(2 ** 31));
    return {
      counts: [
        { what: 'hostile texts', value: texts },
        { what: 'that came through', value: bad, broken: bad > 0 },
      ],
    };
  },
};

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, seed: { type: 'string' } },
});
const named = positionals.filter((word) => word !== 'security');
const seed = flags.seed === undefined ? Date.now() % 2 ** 31 : Number(flags.seed);
const unknown = named.filter((name) => !Object.hasOwn(SCENARIOS, name));
if (unknown.length > 0 || !Number.isSafeInteger(seed) || seed < 0) {
  console.error(`Say one of ${Object.keys(SCENARIOS).join(', ')}; --seed is a whole number.`);
  process.exit(2);
}

const lines = ['| scenario | counted | promises | time |', '|---|---|---|---|'];
let broken = false;
for (const name of named.length > 0 ? named : Object.keys(SCENARIOS)) {
  process.stderr.write(`${name} … `);
  const began = performance.now();
  const { counts } = await SCENARIOS[name]!({ random: seeded(seed), quick: flags.quick });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const kept = counts.every((count) => !count.broken);
  broken ||= !kept;
  process.stderr.write(`${kept ? 'kept' : 'BROKEN'}, ${seconds} s\n`);
  const counted = counts.map(({ what, value, broken: bad }) => (bad ? `**${what} ${value}**` : `${what} ${value}`));
  lines.push(`| ${name} | ${counted.join(' · ')} | ${kept ? 'kept' : '**BROKEN**'} | ${seconds} s |`);
}
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`;
console.log(`\n${lines.join('\n')}\n\nSeed ${seed}${flags.quick ? ', quick' : ''}. ${machine}.`);
process.exit(broken ? 1 : 0);
