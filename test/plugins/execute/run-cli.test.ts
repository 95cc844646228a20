import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { Processes } from '../../../src/plugins/execute/process/processes.ts';
import { type CliRun, runCli } from '../../../src/plugins/execute/process/run-cli.ts';
import { taggedProcesses } from '../../../src/testing/tagged-processes.ts';
import { MemoryLogger } from '../../support/fake-run.ts';

describe('runCli', () => {
  let folder: string;
  let output: string;
  let stop: AbortController;
  const run = `req_run_cli_${process.pid}`;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'milton-run-cli-'));
    output = join(folder, 'out');
    stop = new AbortController();
  });
  afterEach(() => {
    for (const pid of taggedProcesses(run)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const perform = (line: string, more: Partial<CliRun> = {}) =>
    runCli({
      task: { run, folder, output },
      context: { signal: stop.signal, note: async () => {} },
      command: { bin: 'sh', args: ['-c', line], env: { PATH: process.env.PATH ?? '', MILTON_REQUEST_ID: run } },
      input: '',
      limits: { timeout: 0, idle: 0, stopGrace: 500 },
      processes: new Processes(new ExecaProcessRunner()),
      logger: new MemoryLogger(),
      ...more,
    });

  it('needs nobody who reads the output', async () => {
    expect(await perform('echo said; echo wrong >&2; exit 3')).toMatchObject({
      how: 'exited',
      exitCode: 3,
      stderr: 'wrong',
    });
  });

  it('ends though something that escaped writes on', async () => {
    let lines = 0;
    // Only what is written once nothing lives any more has escaped.
    const onLine = () => {
      if (taggedProcesses(run).length === 0 && ++lines < 1_000) appendFileSync(output, `${'x'.repeat(100_000)}\n`);
    };
    expect(await perform('echo said', { onLine })).toMatchObject({ how: 'exited', exitCode: 0 });
    expect(lines).toBeLessThan(1_000);
  });

  it('T15: what starts process after process and heeds no signal is stopped as a whole, and another run goes on', async () => {
    const other = `${run}_other`;
    const env = { PATH: process.env.PATH ?? '', MILTON_REQUEST_ID: other };
    const goesOn = perform('', {
      task: { run: other, folder, output: join(folder, 'other') },
      context: { signal: new AbortController().signal, note: async () => {} },
      command: { bin: 'sh', args: ['-c', 'until [ -e over ]; do sleep 0.02; done; exit 7'], env },
    });
    const bomb =
      'trap "" TERM INT; n=0; while [ $n -lt 100 ]; do sleep 600 & n=$((n+1)); done; echo full; while :; do sleep 600 & sleep 0.02; done';
    const onLine = () => stop.abort(new Error('cancelled'));
    await expect(perform(bomb, { onLine, limits: { timeout: 0, idle: 0, stopGrace: 100 } })).rejects.toThrow(
      'cancelled',
    );
    expect([taggedProcesses(run).length, taggedProcesses(other).length > 0]).toEqual([0, true]);
    appendFileSync(join(folder, 'over'), '');
    expect(await goesOn).toMatchObject({ how: 'exited', exitCode: 7 });
  });

  it('hears the last words of what it stops', async () => {
    const lines: string[] = [];
    const onLine = (line: string) => {
      lines.push(line);
      if (line === 'begun') stop.abort(new Error('cancelled'));
    };
    const line = 'trap "echo used 7; exit" INT; echo begun; while :; do sleep 0.05; done';
    const limits = { timeout: 0, idle: 0, stopGrace: 15_000 };
    await expect(perform(line, { onLine, limits })).rejects.toThrow('cancelled');
    expect(lines).toEqual(['begun', 'used 7']);
  });

  it.each([
    ['at work', 'echo said; sleep 300'],
    ['at its end', 'setsid sleep 300 & printf said'],
  ])('leaves nothing where a line cannot be understood, %s', async (_, line) => {
    const onLine = () => {
      throw new Error('not understood');
    };
    await expect(perform(line, { onLine })).rejects.toThrow('not understood');
    expect(taggedProcesses(run)).toEqual([]);
  });

  it('leaves nothing where its note cannot be saved while it is stopped', async () => {
    const note = async () => {
      stop.abort(new Error('cancelled'));
      throw new Error('the claim is lost');
    };
    await expect(perform('sleep 300', { context: { signal: stop.signal, note } })).rejects.toThrow('the claim is lost');
    expect(taggedProcesses(run)).toEqual([]);
  });

  it.each([
    ['says nothing', 'sleep 300', 1_000, 'idle'],
    // At each look it has said more, however busy the machine is, and goes on for longer than the limit.
    [
      'tells what it does on standard error',
      'n=0; while [ $n -lt 200 ]; do sleep 0.02; echo $n >&2; n=$((n+1)); done',
      3_000,
      'exited',
    ],
  ])('is idle or not where it %s', async (_, line, idle, how) => {
    const limits = { timeout: 0, idle, stopGrace: 500 };
    expect(await perform(line, { limits, onLine: () => {} })).toMatchObject({ how });
  });
});
