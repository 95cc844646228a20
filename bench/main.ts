// Usage: npm run bench -- [--quick] [--json] [NAME…]
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { cells, holds, type Outcome } from './figures.ts';

const NAMES = [
  'dispatch',
  'store',
  'path',
  'ingest',
  'verify',
  'optimizer',
  'research',
  'steady',
  'log',
  'capture',
  'flood',
  'begin',
  'stop',
  'start',
  'idle',
  'size',
  'e2e',
] as const;
/** How long one benchmark may take, in ms. */
const PATIENCE = 900_000;
const HEAD = ['figure', 'measured', 'reference, same run', 'ratio', 'target', ''];

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const unknown = positionals.filter((name) => !(NAMES as readonly string[]).includes(name));
if (unknown.length > 0) {
  console.error(`There is no benchmark ${unknown.join(', ')}. Known: ${NAMES.join(', ')}.`);
  process.exit(2);
}

const all: Record<string, Outcome> = {};
let broken = 0;
for (const name of positionals.length > 0 ? positionals : NAMES) {
  const began = performance.now();
  process.stderr.write(`${name} … `);
  const outcome = await runOne(name);
  process.stderr.write(`${outcome ? `${((performance.now() - began) / 1000).toFixed(1)} s` : 'could not run'}\n`);
  if (outcome) all[name] = outcome;
  else broken++;
}
console.log(flags.json ? JSON.stringify({ v: 1, benchmarks: withVerdicts() }, undefined, 2) : `\n${table()}`);
process.exitCode = broken > 0 ? 1 : 0;

/** Each benchmark gets a process of its own: what one has compiled or kept in memory is no concern of the next. */
async function runOne(name: string): Promise<Outcome | undefined> {
  const child = fork(new URL('./one.ts', import.meta.url), [name, flags.quick ? 'quick' : 'full'], {
    timeout: PATIENCE,
  });
  let outcome: Outcome | undefined;
  child.on('message', (message) => {
    outcome = message as Outcome;
  });
  await once(child, 'exit');
  return outcome;
}

function withVerdicts() {
  return Object.fromEntries(
    Object.entries(all).map(([name, outcome]) => [
      name,
      'skipped' in outcome ? outcome : outcome.map((figure) => ({ ...figure, ok: holds(figure) })),
    ]),
  );
}

function table(): string {
  const rows = Object.entries(all).flatMap(([name, outcome]) => [
    [name],
    ...('skipped' in outcome ? [[`  skipped: ${outcome.skipped}`]] : outcome.map(cells).map(indented)),
  ]);
  const full = [HEAD, ...rows].filter((row) => row.length > 1);
  const widths = HEAD.map((_, i) => Math.max(...full.map((row) => row[i]!.length)));
  const line = (row: readonly string[]) => row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join('  ');
  const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}`;
  return [line(HEAD), ...rows.map(line), '', `${machine}. "over" misses its target and fails nothing.`]
    .map((text) => text.trimEnd())
    .join('\n');
}

function indented([first, ...rest]: readonly string[]): readonly string[] {
  return [`  ${first}`, ...rest];
}
