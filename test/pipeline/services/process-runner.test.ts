import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';

const runner = new ExecaProcessRunner();
const node = (script: string, options = {}) => runner.run(process.execPath, ['-e', script], options);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-runner-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('ExecaProcessRunner', () => {
  it('returns output and exit code without rejecting', async () => {
    const ended = await node('console.log("out"); console.error("err"); process.exitCode = 3');
    expect(ended).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n', failure: undefined });
  });

  it('gives the child only the environment it was told', async () => {
    vi.stubEnv('MILTON_TEST_SECRET', 'hidden');
    const { stdout } = await node('console.log(JSON.stringify(process.env))', { env: { ONLY: 'this' } });
    vi.unstubAllEnvs();
    expect(JSON.parse(stdout)).toEqual({ ONLY: 'this' });
  });

  it('passes input and ends it', async () => {
    const text = 'ä'.repeat(200_000);
    expect((await node('process.stdin.pipe(process.stdout)', { input: text })).stdout).toBe(text);
  });

  it('ends stdin when there is no input', async () => {
    expect((await node('process.stdin.resume().on("end", () => console.log("closed"))')).stdout).toBe('closed\n');
  });

  it('takes arguments literally', async () => {
    const { stdout } = await runner.run(process.execPath, ['-p', 'process.argv[1]', '--', '$(id) `id` "; rm']);
    expect(stdout).toBe('$(id) `id` "; rm\n');
  });

  it('tells a missing command from a missing folder', async () => {
    expect((await runner.run('no-such-command', [])).failure).toBe('missing');
    expect((await runner.run('no-such-command', [], { cwd: join(folder, 'gone') })).failure).toBe('folder');
    const file = join(folder, 'plain.txt');
    await writeFile(file, 'not a program');
    await chmod(file, 0o600);
    expect((await runner.run(file, [])).failure).toBe('missing');
    expect((await node('', { cwd: file })).failure).toBe('folder');
  });

  it.each(['timeout', 'aborted'] as const)('kills the command and what it started on %s', async (failure) => {
    const stop = new AbortController();
    const pidFile = join(folder, `${failure}.pid`);
    // A shell, which is there at once; it ignores SIGTERM before it says what it has started.
    const script = 'trap "" TERM; sleep 60 & echo $! > "$0.new"; mv "$0.new" "$0"; while :; do sleep 1; done';
    const limits = failure === 'timeout' ? { timeout: 6_000 } : { signal: stop.signal, timeout: 60_000 };
    const running = runner.run('sh', ['-c', script, pidFile], { env: { PATH: process.env.PATH ?? '' }, ...limits });
    const started = async () => Number(await readFile(pidFile, 'utf8'));
    const child = await vi.waitFor(started, { timeout: 15_000 });
    expect(alive(child)).toBe(true);
    if (failure === 'aborted') stop.abort();
    expect(await running).toMatchObject({ exitCode: undefined, failure });
    await vi.waitFor(() => expect(alive(child)).toBe(false), { timeout: 10_000 });
  });

  it('starts nothing when it was aborted before', async () => {
    expect((await node('', { signal: AbortSignal.abort() })).failure).toBe('aborted');
  });

  it('reports a command that a signal ended', async () => {
    expect(await node('process.kill(process.pid, "SIGKILL")')).toMatchObject({
      exitCode: undefined,
      failure: 'signal',
    });
  });

  it('cuts output over 16 MiB and lets the command finish', async () => {
    const { stdout, exitCode } = await node(
      'const m = Buffer.alloc(1 << 20, 97); for (let i = 0; i < 20; i++) require("fs").writeSync(1, m);',
    );
    expect([stdout.length, exitCode]).toEqual([16 * 1024 * 1024, 0]);
  });

  it('survives an argument that is too long for the system', async () => {
    const ended = await runner.run('true', ['x'.repeat(4_000_000)]);
    expect(ended.failure).toBe('signal');
    expect(ended.stderr).toMatch(/E2BIG/);
  });
});
