import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import type { ProcessResult } from '../../../src/pipeline/services.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { Scopes } from '../../../src/plugins/execute/process/scope.ts';
import { hermetic, makeAgent } from '../../support/fake-run.ts';

const scripted = join(import.meta.dirname, '../../support/fake-agents/claude.mjs');
const limits = { tasks: 100, memory: '2G' };

describe.runIf(process.platform === 'linux')('a scope of systemd', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'milton-scope-'));
    mkdirSync(join(folder, 'bin'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Puts a stand-in for systemd-run into the PATH: it writes down how it was called, and becomes the program as the real one does. */
  function systemd(script = 'while [ "$1" != -- ]; do shift; done; shift; exec "$@"') {
    writeFileSync(join(folder, 'bin/systemd-run'), `#!/bin/sh\necho "$@" >> ${folder}/calls\n${script}\n`);
    chmodSync(join(folder, 'bin/systemd-run'), 0o755);
  }
  const env = () => ({ PATH: `${join(folder, 'bin')}:${process.env.PATH}`, HOME: folder });
  const calls = () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  const wrap = (scopes: Scopes, bin = 'sh') => scopes.wrap({ bin, args: ['-c', 'true'], env: env() }, limits);

  it('T15: has it keep a program within limits, asking once whether it can', async () => {
    systemd();
    const scopes = new Scopes(new ExecaProcessRunner());
    const user = process.getuid!() === 0 ? [] : ['--user'];
    const before = [...user, '--scope', '--quiet', '--collect', '-p', 'Before=milton.service'];
    expect(await wrap(scopes)).toEqual({
      bin: 'systemd-run',
      args: [...before, '-p', 'TasksMax=100', '-p', 'MemoryMax=2G', '--', 'sh', '-c', 'true'],
      env: env(),
    });
    await wrap(scopes);
    expect(calls()).toEqual([[...before, '--', 'true'].join(' ')]);
  });

  it.each([
    ['refuses', 'echo Failed to connect to bus >&2; exit 1'],
    ['is not there', undefined],
  ])('leaves a program as it is where systemd %s', async (_, script) => {
    if (script) systemd(script);
    else writeFileSync(join(folder, 'bin/systemd-run'), '');
    expect((await wrap(new Scopes(new ExecaProcessRunner()))).bin).toBe('sh');
  });

  it('asks again where there was no answer in time', async () => {
    const none = { stdout: '', stderr: '' };
    const answers: ProcessResult[] = [
      { ...none, exitCode: undefined, failure: 'timeout' },
      { ...none, exitCode: 0, failure: undefined },
    ];
    const scopes = new Scopes({ run: async () => answers.shift()! });
    expect([(await wrap(scopes)).bin, (await wrap(scopes)).bin, (await wrap(scopes)).bin]).toEqual([
      'sh',
      ...['systemd-run', 'systemd-run'],
    ]);
  });

  it('does not hide that there is no such program', async () => {
    systemd();
    expect((await wrap(new Scopes(new ExecaProcessRunner()), 'no-such-agent')).bin).toBe('no-such-agent');
  });

  it('is what an agent runs in, unless it is switched off; it is stopped and reports as ever', async () => {
    systemd();
    mkdirSync(join(folder, 'work'));
    const run = async (options: object, act: string) => {
      const agent = await makeAgent(claude({ bin: scripted, timeout: 0.5, env: { FAKE_ACT: act }, ...options }), {
        variables: { ...hermetic(folder), ...env() },
      });
      const task = {
        run: `req_scope${process.pid}`,
        prompt: 'Do it.',
        folder: join(folder, 'work'),
        access: 'write',
      } as const;
      return agent.run(
        { ...task, output: join(folder, 'out') },
        { signal: new AbortController().signal, note: async () => {}, progress: () => {}, used: () => {} },
      );
    };
    expect(await run({ scope: false }, 'work')).toMatchObject({ status: 'succeeded' });
    expect(() => calls()).toThrow();
    expect(await run({ scope: limits, timeout: 0 }, 'work')).toMatchObject({ status: 'succeeded' });
    expect(calls()[1]).toContain(`-p TasksMax=100 -p MemoryMax=2G -- ${scripted}`);
    expect(await run({}, 'wait')).toMatchObject({ status: 'failed', cause: 'timeout' });
    expect(calls().at(-1)).toContain('-p TasksMax=2048 -p MemoryMax=80% --');
  });

  it.each([{ tasks: 0 }, { memory: 'much' }, { cpu: 1 }, true])('refuses %j', (scope) => {
    expect(claude().schema!.safeParse({ bin: 'claude', timeout: 0, scope }).success).toBe(false);
  });
});
