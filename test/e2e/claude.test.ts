import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Agent } from '../../src/pipeline/agent.ts';
import { ExecaProcessRunner } from '../../src/pipeline/services/process-runner.ts';
import { claude } from '../../src/plugins/execute/agents/claude.ts';
import { execute } from '../../src/plugins/execute/execute.ts';
import { Processes } from '../../src/plugins/execute/processes.ts';
import { prompt, result, verdict } from '../../src/plugins/slots.ts';
import { type Act, describeAgent } from '../../src/testing/agent-contract.ts';
import { claudeBinaries } from '../support/claude-binaries.ts';
import { FakeRun, hermetic, makeAgent, runStep } from '../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../support/git-repo.ts';
import { type Scenario, type StubAnthropic, stubAnthropic } from '../support/stub-anthropic.ts';

const KEY = 'sk-ant-made-up';
const processes = new Processes(new ExecaProcessRunner());

/** A home where only the stub can be reached, and few retries. */
const variables = (home: string, url: string) => ({
  ...hermetic(home),
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_API_KEY: KEY,
  CLAUDE_CODE_MAX_RETRIES: '1',
});

describe.each(claudeBinaries())('Claude Code $version', ({ bin }) => {
  let repo: GitRepo;
  let stub: StubAnthropic;
  let run: FakeRun;
  let ids = 0;

  beforeAll(() => {
    if (!existsSync(bin))
      throw new Error(`There is no Claude Code at ${bin}: set CLAUDE_BIN or install it into .cache/claude.`);
  });
  beforeEach(() => {
    repo = gitRepo();
  });
  afterEach(async () => {
    expect(await processes.ofRun(undefined, run.id)).toEqual([]);
    expect([repo.git('status', '--porcelain'), repo.git('branch', '--show-current')]).toEqual(['', 'main']);
    await stub[Symbol.asyncDispose]();
    repo[Symbol.dispose]();
  });

  /** Lets the real CLI work on a request; `options` are the agent's. */
  async function start(
    scenario: Scenario | string,
    options = {},
    kind: 'CODE' | 'RESEARCH' = 'CODE',
    text = 'add a file',
  ) {
    stub = await stubAnthropic(scenario);
    run = new FakeRun(`req_e2e_${process.pid}_${ids++}`)
      .with(verdict, { kind, text, repository: 'app', agent: 'claude' })
      .with(prompt, text);
    const own = { variables: variables(repo.home, stub.url), state: repo.state };
    const agent: Agent = await makeAgent(claude({ bin, ...options }), own);
    const repositories = [{ name: 'app', path: repo.path, agent: undefined }];
    const working = runStep(execute(), run, { ...own, repositories, agents: [agent] });
    working.catch(() => {});
    return { working, result: () => working.then(() => run.get(result)) };
  }

  const worktree = () => join(repo.state, 'worktrees', run.id);

  it('writes on a branch of its own and reports', async () => {
    const { result } = await start('claude-write-and-finish', { allowedTools: ['Bash(git status:*)', 'Bash(cat:*)'] });
    const done = await result();
    expect(done).toMatchObject({ agent: 'Claude Code', status: 'succeeded', turns: 4, denials: [] });
    expect(done.text).toContain('Created and edited hello.txt. You asked: add a file');
    expect(done.changes).toMatchObject({
      branch: `milton/${run.id}-add-a-file`,
      commits: 1,
      files: [{ path: 'hello.txt', added: 1, removed: 0 }],
    });
    expect(repo.git('show', `${done.changes.branch}:hello.txt`)).toBe('hello, edited');
    expect(readFileSync(done.rawOutput, 'utf8')).not.toContain(KEY);
  });

  it('lists what it was refused, and changed nothing', async () => {
    const done = await (await start('claude-needs-approval', { permissionMode: 'default' })).result();
    expect(done.status).toBe('succeeded');
    expect(done.denials).toEqual([expect.stringMatching(/^Bash touch approved\.txt/)]);
    expect(done.changes.files).toEqual([]);
    expect(existsSync(worktree())).toBe(false);
    expect(repo.git('branch', '--list', 'milton/*')).toBe('');
  });

  it('cannot write when it only answers a question', async () => {
    const done = await (await start('claude-reads-only', {}, 'RESEARCH')).result();
    expect(done).toMatchObject({ status: 'succeeded', text: 'I read it: An app.' });
    expect(done.changes).toBeUndefined();
    for (const { tools } of stub.requests) expect(tools.filter((each) => /write|edit|bash/i.test(each))).toEqual([]);
    expect(existsSync(worktree())).toBe(false);
  });

  it('leaves no process when it is stopped, and keeps what was done', async () => {
    const { working } = await start('claude-hangs', { allowedTools: ['Bash'] });
    await vi.waitFor(() => expect(existsSync(join(worktree(), 'busy'))).toBe(true), { timeout: 30_000 });
    expect((await processes.ofRun(undefined, run.id)).length).toBeGreaterThan(2);
    const began = performance.now();
    run.abort.abort(new Error('cancelled'));
    await expect(working).rejects.toThrow(
      /^Claude Code stopped after [\d.]+ s; 2 files changed, kept on branch milton\//,
    );
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('is stopped at its time limit', async () => {
    const done = await (await start({ turns: [{ hang: true, times: -1 }] }, { timeout: 2 })).result();
    expect(done).toMatchObject({
      status: 'failed',
      reason: 'It was stopped after 2 s (CLAUDE_TIMEOUT).',
      session: expect.any(String),
    });
  });

  it('is stopped when it gives no sign of life', async () => {
    const done = await (await start({ turns: [{ hang: true, times: -1 }] }, { idleTimeout: 1_500 })).result();
    expect(done.reason).toBe('It was stopped after 1.5 s without any sign of life (idleTimeout).');
  });

  it.each([
    ['400', { error: { status: 400, message: 'stub: prompt is too long' }, times: -1 }, /prompt is too long/i],
    ['401', { error: 401, times: -1 }, /^Claude Code is not logged in\./],
    ['429', { error: 429, times: -1 }, /429|rate limit/i],
    ['500', { error: 500, times: -1 }, /500|server/i],
    ['529', { error: 529, times: -1 }, /529|overloaded/i],
  ])('says why a model that answers %s failed it', async (_, turn, why) => {
    const done = await (await start({ turns: [turn] })).result();
    expect(done).toMatchObject({ status: 'failed', reason: expect.stringMatching(why) });
  });

  it('says that it is not logged in', async () => {
    const done = await (await start('claude-write-and-finish', { env: { ANTHROPIC_API_KEY: '' } })).result();
    expect(done.reason).toMatch(/^Claude Code is not logged in\. Run "claude"/);
    expect(run.notices).toEqual([]);
  });

  it.each(['/help', '/clear and then', '  /compact', '--version', '-p x', '@README.md 😀\0 end'])(
    'takes %j as text',
    async (text) => {
      await (await start({ turns: [], after: { text: 'Understood.' } }, {}, 'CODE', text)).result();
      expect(stub.requests.at(-1)?.prompt).toContain(text.replace('\0', '').trim());
    },
  );

  it('keeps the end of a long answer', async () => {
    const done = await (await start({ turns: [{ text: 'word ', textRepeat: 200_000 }] })).result();
    expect([done.status, done.text.length]).toEqual(['succeeded', 1_000_000]);
  });

  it('tells its version and its login', async () => {
    const agent = (home: string, key: object) =>
      makeAgent(claude({ bin, ...key }), { variables: variables(home, 'http://127.0.0.1:9') });
    stub = await stubAnthropic({});
    expect(await (await agent(repo.home, {})).check()).toEqual([]);
    expect(await (await agent(repo.home, { env: { ANTHROPIC_API_KEY: '' } })).check()).toEqual([
      expect.stringContaining('not logged in'),
    ]);
  });
});

const acts: Readonly<Record<Act, string | Scenario>> = {
  work: 'claude-write-and-finish',
  fail: { turns: [{ error: 400, times: -1 }] },
  hang: 'claude-hangs',
  flood: { turns: [{ text: 'word ', textRepeat: 500_000 }] },
};

describe.each(claudeBinaries())('Claude Code $version as an agent', ({ version, bin }) => {
  const stubs: StubAnthropic[] = [];
  afterEach(async () => {
    for (const each of stubs.splice(0)) await each[Symbol.asyncDispose]();
  });
  describeAgent(`claude ${version}`, {
    async make(act, home) {
      const stub = await stubAnthropic(acts[act]);
      stubs.push(stub);
      return makeAgent(claude({ bin, allowedTools: ['Bash'] }), { variables: variables(home, stub.url) });
    },
  });
});
