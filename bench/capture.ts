import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Processes, RUN_TAG } from '../src/plugins/execute/process/processes.ts';
import { runCli } from '../src/plugins/execute/process/run-cli.ts';
import type { Run } from './figures.ts';
import { silent } from './services.ts';
import { inTurns } from './statistics.ts';

const LIMITS = { timeout: 0, idle: 0, stopGrace: 1_000 };

/** An agent that writes without end: its output kept whole and read line by line, against a child with a file as its stdout. */
export const run: Run = async ({ quick }) => {
  const [rounds, megabytes] = quick ? [2, 100] : [3, 1_000];
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  const output = join(folder, 'out');
  const flood = ['-c', `yes '{"noise":"${'x'.repeat(240)}"}' | head -c ${megabytes}000000`];
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  try {
    const seconds = await inTurns(rounds, {
      plain: async () => {
        const began = performance.now();
        const child = spawn('/bin/sh', flood, { stdio: ['ignore', openSync(output, 'w'), 'ignore'] });
        await once(child, 'exit');
        return (performance.now() - began) / 1000;
      },
      milton: async () => {
        const began = performance.now();
        let lines = 0;
        await runCli({
          task: { run: `req_bench${process.pid}`, folder, output },
          context: { signal: new AbortController().signal, note: async () => {} },
          command: { bin: '/bin/sh', args: flood, env: { PATH: process.env.PATH ?? '', [RUN_TAG]: 'bench' } },
          input: '',
          limits: LIMITS,
          processes: new Processes({ run: () => Promise.reject(new Error('not used')) }),
          logger: silent,
          onLine: () => {
            lines++;
          },
        });
        if (statSync(output).size !== megabytes * 1e6 || lines < megabytes * 1000) throw new Error('output was lost');
        return (performance.now() - began) / 1000;
      },
    });
    return [
      {
        what: `${megabytes} MB of output`,
        unit: 's',
        value: Math.min(...seconds.milton),
        reference: { what: 'straight to a file', value: Math.min(...seconds.plain) },
        targets: [{ ratioAtMost: 1.5 }],
      },
      { what: 'peak memory meanwhile', unit: 'MB', value: peak / 2 ** 20, targets: [{ atMost: 100 }] },
    ];
  } finally {
    clearInterval(watch);
    rmSync(folder, { recursive: true, force: true });
  }
};
