import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProcessRunner } from '../src/pipeline/services.ts';
import { Processes, RUN_TAG } from '../src/plugins/execute/process/processes.ts';
import { runCli } from '../src/plugins/execute/process/run-cli.ts';
import type { Run } from './figures.ts';
import { silent } from './services.ts';
import { median } from './statistics.ts';

const GRACE = 300;
/** What `stop.ts` waits after the agent's own grace before it sends SIGTERM, and from there to SIGKILL, in ms. */
const FORCE_DELAY = GRACE + 300 + 1_000;

/** A program that heeds no signal, with two more like it below it and one that has left for a session of its own. */
const STUBBORN = `
trap "" INT TERM HUP
for n in 1 2; do sh -c 'trap "" INT TERM HUP; while :; do sleep 0.2; done' & done
setsid sh -c 'trap "" INT TERM HUP; while :; do sleep 0.2; done' &
echo ready
while :; do sleep 0.2; done`;

/** How long Milton takes to end an agent that does not want to end, with everything it started. */
export const run: Run = async ({ quick }) => {
  const late: number[] = [];
  let left = 0;
  for (let i = 0; i < (quick ? 2 : 5); i++) {
    const id = `req_bench${process.pid}x${i}`;
    late.push(await stop(id));
    left += (await processes.ofRun(undefined, id)).length;
  }
  return [
    {
      what: 'stopping an agent that heeds no signal',
      unit: 'ms',
      value: median(late),
      reference: { what: 'its force delay', value: FORCE_DELAY },
      targets: [{ excessAtMost: 50 }],
    },
    { what: 'processes left', unit: 'processes', value: left, targets: [{ atMost: 0 }] },
  ];
};

/** Lists processes where there is no /proc. */
const runner: ProcessRunner = {
  async run(command, args) {
    return {
      exitCode: 0,
      stdout: execFileSync(command, [...args], { encoding: 'utf8' }),
      stderr: '',
      failure: undefined,
    };
  },
};
const processes = new Processes(runner);

/** Milliseconds from the abort of a run to the moment at which nothing of it is left. */
async function stop(id: string): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  const abort = new AbortController();
  const ready = Promise.withResolvers<void>();
  const running = runCli({
    task: { run: id, folder, output: join(folder, 'out') },
    context: { signal: abort.signal, note: async () => {} },
    command: { bin: '/bin/sh', args: ['-c', STUBBORN], env: { PATH: process.env.PATH ?? '', [RUN_TAG]: id } },
    input: '',
    limits: { timeout: 0, idle: 0, stopGrace: GRACE },
    processes,
    logger: silent,
    onLine: () => ready.resolve(),
  });
  try {
    await ready.promise;
    const began = performance.now();
    abort.abort();
    await running.catch(() => {});
    return performance.now() - began;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
