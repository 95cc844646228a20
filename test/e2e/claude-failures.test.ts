// How the real Claude Code fails, is stopped and dies, and what Milton makes of it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { ClaudeBench, claudeVariables } from '../support/claude-bench.ts';
import { claudeBinaries } from '../support/claude-binaries.ts';
import { type Scenario, stubAnthropic } from '../support/stub-anthropic.ts';

const NOWHERE = 'http://127.0.0.1:9';
const hangs = { hang: true, times: -1 };
const reads = { tool: 'Read', input: { file_path: '{{cwd}}/README.md' } };
const writes = (file: string) => ({ tool: 'Write', input: { file_path: `{{cwd}}/${file}`, content: 'half\n' } });

describe.each(claudeBinaries())('Claude Code $version', ({ bin }) => {
  const bench = new ClaudeBench(bin);

  it.each([
    ['400', { error: { status: 400, message: 'stub: prompt is too long' } }, 'model', /prompt is too long/i],
    ['401', { error: 401 }, 'login', /^Claude Code is not logged in\./],
    ['429', { error: 429 }, 'limit', /429|rate limit/i],
    ['500', { error: 500 }, 'model', /500|server/i],
    ['529', { error: 529 }, 'model', /529|overloaded/i],
  ])('says why a model that answers %s failed it', async (_, turn, cause, reason) => {
    const done = await bench.done({ scenario: { turns: [{ ...turn, times: -1 }] } });
    expect(done).toMatchObject({ status: 'failed', cause, reason: expect.stringMatching(reason) });
  });

  it('tells that it tries again, and why a model that cannot be reached failed it', async () => {
    const done = await bench.done({ scenario: {}, options: { env: { ANTHROPIC_BASE_URL: NOWHERE } } });
    expect(bench.progress).toEqual(['no answer from the model, attempt 1 of 1']);
    expect(done).toMatchObject({
      status: 'failed',
      cause: 'model',
      reason: expect.stringMatching(/connect|ECONNREFUSED/i),
    });
  });

  it('says that it is not logged in', async () => {
    const done = await bench.done({
      scenario: 'claude-write-and-finish',
      options: { env: { ANTHROPIC_API_KEY: '' } },
    });
    expect(done.reason).toMatch(/^Claude Code is not logged in\. Run "claude"/);
    expect(bench.run.notices).toEqual([]);
  });

  it('is stopped when it gives no sign of life', async () => {
    const done = await bench.done({ scenario: { turns: [hangs] }, options: { idleTimeout: 1_500 } });
    expect(done).toMatchObject({
      cause: 'idle',
      reason: 'It was stopped after 1.5 s without any sign of life (idleTimeout).',
    });
  });

  it.each([
    [{ turns: 2 }, [{ ...writes('a.txt'), times: -1 }], 'It was stopped at its limit of turns, after 3.'],
    [
      { costUsd: 0.01 },
      [writes('a.txt'), { ...reads, usage: { output_tokens: 1_000_000 } }, hangs],
      'It was stopped at its limit of cost.',
    ],
  ])('stops at the limit of a run: %j', async (limits, turns, reason) => {
    const done = await bench.done({ scenario: { turns } as Scenario, execute: { limits } });
    expect(done).toMatchObject({ status: 'failed', cause: 'budget', reason });
    expect(done.changes).toMatchObject({ files: [{ path: 'a.txt' }] });
  });

  it('is known to have crashed when it is killed, and what it had done is kept', async () => {
    const { result } = await bench.start({ scenario: { turns: [writes('half.txt'), hangs] } });
    await vi.waitFor(() => expect(bench.stub.requests).toHaveLength(2), { timeout: 90_000 });
    const cli = (await bench.processes()).find(({ ppid }) => ppid === process.pid);
    process.kill(cli!.pid, 'SIGKILL');
    const done = await result();
    expect(done).toMatchObject({ status: 'failed', cause: 'crash', reason: expect.stringContaining('SIGKILL') });
    expect(bench.repo.git('show', `${done.changes.branch}:half.txt`)).toBe('half');
  });

  it('can be continued in the same folder after it was stopped at its time limit', async () => {
    const scenario = { turns: [writes('half.txt'), hangs] };
    const { result } = await bench.start({ scenario, options: { timeout: 100 } });
    await vi.waitFor(() => expect(bench.stub.requests).toHaveLength(2), { timeout: 90_000 });
    const now = performance.now.bind(performance);
    using _ = vi.spyOn(performance, 'now').mockImplementation(() => now() + 100_000);
    const done = await result();
    expect(done).toMatchObject({
      status: 'failed',
      cause: 'timeout',
      reason: 'It was stopped after 1 min 40 s (CLAUDE_TIMEOUT).',
      session: expect.any(String),
      changes: { files: [{ path: 'half.txt' }] },
    });
    const { repo, worktree } = bench;
    repo.git('worktree', 'add', '--quiet', worktree, done.changes.branch);
    await using stub = await stubAnthropic({ turns: [{ text: 'Continued.' }] });
    const child = promisify(execFile)(bin, ['-p', '--output-format', 'json', '--resume', done.session], {
      cwd: worktree,
      env: claudeVariables(repo.home, stub.url),
    });
    child.child.stdin?.end('go on');
    expect(JSON.parse((await child).stdout)).toMatchObject({ is_error: false, result: 'Continued.' });
    expect(stub.requests[0]).toMatchObject({ first: 'add a file', prompt: 'go on' });
  });
});

describe.each(claudeBinaries().slice(-1))('Claude Code $version, stopped by Milton', ({ bin }) => {
  const bench = new ClaudeBench(bin);

  it('has written more than it may', async () => {
    const turns = [{ blocks: [{ text: 'word ', textRepeat: 400_000 }, writes('half.txt')] }, hangs];
    const done = await bench.done({ scenario: { turns }, options: { outputLimit: 1_000_000 } });
    expect(done).toMatchObject({
      cause: 'output',
      reason: 'It was stopped: it wrote more than 1 MB of output (outputLimit).',
    });
  });

  it('has used more tokens than it may', async () => {
    const turns = [writes('a.txt'), { ...reads, usage: { input_tokens: 5_000 } }, hangs];
    const done = await bench.done({ scenario: { turns }, execute: { limits: { tokens: 5_000 } } });
    expect(done).toMatchObject({
      ...{ status: 'failed', cause: 'budget', changes: { files: [{ path: 'a.txt' }] } },
      reason: 'It was stopped: 5,140 tokens are more than its limit of 5,000 tokens.',
    });
  });
});
