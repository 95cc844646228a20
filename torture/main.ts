// Usage: npm run torture -- ntfy [--quick] [--seed N] [--server PATH]… [SCENARIO…]
import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { NtfyServer } from '../test/support/ntfy-server.ts';
import { clearAway } from './bed.ts';
import { RAISED } from './daemon-config.ts';
import { seeded } from './random.ts';
import type { Outcome } from './scenario.ts';
import { ONCE, SCENARIOS } from './scenarios.ts';
import { findServers, type Server } from './servers.ts';
import { type Row, table } from './table.ts';

const main = resolve(import.meta.dirname, '../dist/src/cli/main.js');

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    server: { type: 'string', multiple: true, default: [] },
  },
});
const [target, ...named] = positionals;
const unknown = named.filter((name) => !(name in SCENARIOS));
const seed = flags.seed === undefined ? Date.now() % 2 ** 31 : Number(flags.seed);
if (target !== 'ntfy') refuse('Say what to torture: npm run torture -- ntfy');
if (unknown.length > 0)
  refuse(`There is no scenario ${unknown.join(', ')}. Known: ${Object.keys(SCENARIOS).join(', ')}.`);
if (!Number.isSafeInteger(seed) || seed < 0) refuse(`--seed must be a whole number, got "${flags.seed}".`);
if (!existsSync(main)) refuse('Milton is not built. Run npm run build.');

const rows: Row[] = [];
let current: NtfyServer | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    await Promise.all([clearAway(), current?.stop()]);
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}
try {
  const servers = findServers(flags.server, flags.quick);
  console.error(
    `Seed ${seed}. Limits raised and pauses shortened: ntfy(${JSON.stringify(RAISED)}), and what a row adds.`,
  );
  for (const server of servers) {
    for (const name of named.length > 0 ? named : Object.keys(SCENARIOS)) {
      if (named.length > 0 || server === servers[0] || !ONCE.has(name)) rows.push(await runOne(name, server));
    }
  }
} catch (error) {
  refuse((error as Error).message);
}
const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`;
console.log(`\n${table(rows)}\n\nSeed ${seed}${flags.quick ? ', quick' : ''}. ${machine}.`);
// Sockets of servers that were killed may linger; nothing that matters is left to do.
process.exit(rows.every(({ kept }) => kept) ? 0 : 1);

async function runOne(name: string, { path, version }: Server): Promise<Row> {
  process.env.NTFY_BIN = path;
  process.stderr.write(`${name} on ntfy ${version} … `);
  const began = performance.now();
  const { counts, complaints } = await attempt(name);
  const seconds = (performance.now() - began) / 1000;
  const kept = counts.every(({ broken }) => !broken);
  process.stderr.write(`${kept ? 'kept' : 'BROKEN'}, ${seconds.toFixed(1)} s\n`);
  if (complaints) process.stderr.write(`${complaints}\n`);
  return { scenario: name, version, counts, kept, seconds };
}

/** A scenario of its own seed, whichever others run; one that cannot go on to its end has broken a promise. */
async function attempt(name: string): Promise<Outcome> {
  const own = (seed + Object.keys(SCENARIOS).indexOf(name) * 7919) >>> 0;
  // It is killed at times, but its machine never loses power.
  const server = await NtfyServer.start({ config: ['cache-startup-queries: "pragma synchronous = off;"'] });
  current = server;
  try {
    return await SCENARIOS[name]!({ server, seed: own, random: seeded(own), quick: flags.quick });
  } catch (error) {
    return {
      counts: [{ what: 'stopped', value: 'see above', broken: true }],
      complaints: (error as Error).stack ?? '',
    };
  } finally {
    // What broke off has left its Miltons behind.
    await clearAway();
    await server.stop();
  }
}

function refuse(message: string): never {
  console.error(message);
  process.exit(2);
}
