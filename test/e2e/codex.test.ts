import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Agent, AgentReport } from '../../src/pipeline/agent.ts';
import { ExecaProcessRunner } from '../../src/pipeline/services/process-runner.ts';
import { codex } from '../../src/plugins/execute/agents/codex.ts';
import { execute } from '../../src/plugins/execute/execute.ts';
import { Processes } from '../../src/plugins/execute/process/processes.ts';
import { prompt, result, verdict } from '../../src/plugins/slots.ts';
import { type Act, describeAgent } from '../../src/testing/agent-contract.ts';
import { codexBinaries, codexTemporary } from '../support/codex-binaries.ts';
import { FakeRun, hermetic, makeAgent, runStep } from '../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../support/git-repo.ts';
import { type Scenario, type StubOpenai, stubOpenai } from '../support/stub-openai.ts';

const KEY = 'sk-made-up';
const NOWHERE = 'http://127.0.0.1:9/v1';
const processes = new Processes(new ExecaProcessRunner());

/** The arguments and the environment by which Codex knows the stub and nothing else. */
const only = (url: string) => ({
  extraArgs: [
    ...['-c', 'model_provider=stub', '-c'],
    `model_providers.stub={name="stub",base_url="${url}",wire_api="responses",env_key="STUB_KEY"}`,
  ],
  env: { STUB_KEY: KEY },
});

/** A home and settings of its own. */
function variables(home: string) {
  mkdirSync(join(home, '.codex'), { recursive: true });
  return { ...hermetic(home), CODEX_HOME: join(home, '.codex'), TMPDIR: codexTemporary(home) };
}

describe.each(codexBinaries())('Codex $version', ({ bin }) => {
  let repo: GitRepo;
  let stub: StubOpenai;
  let run: FakeRun;
  /** What the agent itself has reported. */
  let report: AgentReport;
  let ids = 0;

  beforeAll(() => {
    if (!existsSync(bin))
      throw new Error(
        `There is no Codex at ${bin}: set CODEX_BIN or install it by scripts/get-codex into .cache/codex.`,
      );
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
    stub = await stubOpenai(scenario);
    run = new FakeRun(`req_e2e_codex_${process.pid}_${ids++}`)
      .with(verdict, { kind, text, repository: 'app', agent: 'codex' })
      .with(prompt, text);
    const own = { variables: variables(repo.home), state: repo.state };
    const agent = await makeAgent(codex({ bin, ...only(stub.url), ...options }), own);
    const watched: Agent = { ...agent, run: async (...task) => (report = await agent.run(...task)) };
    const repositories = [{ name: 'app', path: repo.path, agent: undefined }];
    const working = runStep(execute(), run, { ...own, repositories, agents: [watched] });
    working.catch(() => {});
    return { working, result: () => working.then(() => run.get(result)) };
  }

  const worktree = () => join(repo.state, 'worktrees', run.id);

  it('writes on a branch of its own and reports', async () => {
    const done = await (await start('codex-write-and-finish')).result();
    expect(done).toMatchObject({ agent: 'Codex', status: 'succeeded', turns: 1, denials: [] });
    expect(report.tokens).toBe(360);
    expect(done.text).toBe('Created hello.txt and second.txt. You asked: add a file');
    expect(done.changes).toMatchObject({
      branch: `milton/${run.id}-add-a-file`,
      commits: 1,
      files: [
        { path: 'hello.txt', added: 1, removed: 0 },
        { path: 'second.txt', added: 1, removed: 0 },
      ],
    });
    expect(repo.git('show', `${done.changes.branch}:hello.txt`)).toBe('hello, edited');
    expect(readFileSync(done.rawOutput, 'utf8')).not.toContain(KEY);
  });

  it.each([
    ['workspace-write', 'Start', /Read-only file system/],
    ['danger-full-access', 'Mine', /Mine/],
  ])('in %s, commits itself or leaves it to Milton', async (sandbox, last, output) => {
    const commit = { shell: 'echo mine > mine.txt; git add -A && git commit -m Mine' };
    const done = await (await start({ turns: [commit, { text: 'Done.' }] }, { sandbox })).result();
    expect(done).toMatchObject({ status: 'succeeded', changes: { files: [{ path: 'mine.txt' }], commits: 1 } });
    expect(stub.requests.at(-1)?.toolOutput).toMatch(output);
    const subjects = repo.git('log', '--format=%s', done.changes.branch).split('\n');
    expect(subjects).toHaveLength(2);
    expect(subjects.includes(last)).toBe(true);
  });

  it('cannot write when it only answers a question, whatever else is wished', async () => {
    const done = await (await start('codex-reads-only', { sandbox: 'danger-full-access' }, 'RESEARCH')).result();
    expect(done).toMatchObject({ status: 'succeeded', text: 'I read it: An app.' });
    expect(done.changes).toBeUndefined();
    expect(stub.requests).toHaveLength(4);
    expect(stub.requests.at(-1)?.toolOutput).toMatch(/An app\./);
    expect(existsSync(worktree())).toBe(false);
  });

  it('leaves no process when it is stopped, and keeps what was done', async () => {
    const { working } = await start('codex-hangs', { sandbox: 'danger-full-access' });
    const busy = async () => {
      expect(existsSync(join(worktree(), 'busy'))).toBe(true);
      expect((await processes.ofRun(undefined, run.id)).length).toBeGreaterThan(2);
    };
    await vi.waitFor(busy, { timeout: 60_000 });
    const began = performance.now();
    run.abort.abort(new Error('cancelled'));
    await expect(working).rejects.toThrow(/^Codex stopped after [\d.]+ s; 2 files changed, kept on branch milton\//);
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('is stopped at its time limit', async () => {
    const { result } = await start({ turns: [{ hang: true, times: -1 }] }, { timeout: 100 });
    // It has told by then which session it is, however long it takes to start.
    await vi.waitFor(() => expect(stub.requests).toHaveLength(1), { timeout: 90_000 });
    const now = performance.now.bind(performance);
    using _ = vi.spyOn(performance, 'now').mockImplementation(() => now() + 100_000);
    expect(await result()).toMatchObject({
      status: 'failed',
      reason: 'It was stopped after 1 min 40 s (CODEX_TIMEOUT).',
      session: expect.any(String),
    });
    expect(report.cause).toBe('timeout');
  });

  it('is stopped when it gives no sign of life', async () => {
    await (await start({ turns: [{ hang: true, times: -1 }] }, { idleTimeout: 2_500 })).result();
    expect(report).toMatchObject({
      cause: 'idle',
      reason: expect.stringMatching(/^It was stopped after 2\.5 s without/),
    });
  });

  it('is stopped when it would wait for the network for ever', async () => {
    // It says so again after 3, 11, 25 and 48 s: where that counted, it would be stopped after 45 s.
    const done = await (await start({}, { ...only(NOWHERE), idleTimeout: 20_000 })).result();
    expect([report.cause, report.durationMs < 40_000]).toEqual(['idle', true]);
    expect(readFileSync(done.rawOutput, 'utf8').match(/waiting for network/g)?.length).toBeGreaterThan(1);
  });

  const quota = { status: 429, code: 'insufficient_quota', message: 'You exceeded your current quota' };
  it.each([
    ['400', { error: { status: 400, message: 'stub: prompt is too long' } }, 'model', /^stub: prompt is too long\.$/],
    ['401', { error: 401 }, 'login', /^The model's service refused the login \(401\)\. Run "codex login"/],
    ['429', { error: 429 }, 'limit', /^exceeded retry limit, last status: 429 Too Many Requests\.$/],
    ['insufficient_quota', { error: quota }, 'limit', /^Quota exceeded\. /],
    [
      'usage_limit_reached',
      { error: { ...quota, code: 'usage_limit_reached' } },
      'limit',
      /^You.ve hit your usage limit/,
    ],
    [
      'rate_limit_exceeded',
      { failed: { code: 'rate_limit_exceeded', message: 'Slow down.' } },
      'limit',
      /Slow down\.$/,
    ],
    ['503', { error: 503 }, 'model', /^unexpected status 503 Service Unavailable: stub error 503\.$/],
  ] as const)('says why a model that answers %s failed it', async (_, turn, cause, reason) => {
    await (await start({ turns: [{ ...turn, times: -1 }] })).result();
    expect(report).toMatchObject({ status: 'failed', cause, reason: expect.stringMatching(reason) });
  });

  it('gets over a model that fails for a while', async () => {
    const turns = [{ error: 503, times: 2 }, { shell: 'echo recovered > ok.txt' }, { text: 'Recovered.' }];
    expect(await (await start({ turns })).result()).toMatchObject({ status: 'succeeded', text: 'Recovered.' });
  });

  it('says which key is missing', async () => {
    await (await start({}, { env: {} })).result();
    expect(report).toMatchObject({
      cause: 'login',
      reason: "Missing environment variable: `STUB_KEY`. Set it, and name it in the agent's envPass.",
    });
  });

  it.each(['/help', '/clear and then', '--version', '-s danger-full-access', '-', '@README.md 😀\0 end'])(
    'takes %j as text',
    async (text) => {
      await (await start({ turns: [], after: { text: 'Understood.' } }, {}, 'CODE', text)).result();
      expect(stub.requests.at(-1)?.prompt.trim()).toBe(text.replace('\0', ''));
    },
  );

  it('takes a prompt of 1 MB', async () => {
    const text = 'word '.repeat(200_000);
    const done = await (await start({ turns: [{ text: 'Understood.' }] }, {}, 'CODE', text)).result();
    expect([done.status, stub.requests[0]?.prompt.length]).toEqual(['succeeded', text.length]);
  });

  it('keeps the end of a long answer', async () => {
    const done = await (await start({ turns: [{ text: 'word ', textRepeat: 200_000 }] })).result();
    expect([done.status, done.text.length]).toEqual(['succeeded', 1_000_000]);
  });

  it('tells its version, its arguments and its login', async () => {
    stub = await stubOpenai({});
    const check = async (options: object, more = {}) => {
      const own = { variables: { ...variables(repo.home), ...more } };
      return (await makeAgent(codex({ bin, ...options }), own)).check();
    };
    expect(await check(only(NOWHERE))).toEqual([]);
    expect(await check({})).toEqual([expect.stringMatching(/^Codex is not logged in\. Run "codex login"/)]);
    expect(await check({}, { CODEX_API_KEY: KEY })).toEqual([]);
    expect(await check({ extraArgs: ['--no-such-thing'] })).toEqual([
      'This Codex does not know --no-such-thing. Update it: npm install -g @openai/codex',
    ]);
  });
});

const acts: Readonly<Record<Act, string | Scenario>> = {
  work: 'codex-write-and-finish',
  fail: { turns: [{ error: 400, times: -1 }] },
  hang: 'codex-hangs',
  flood: { turns: [{ text: 'word ', textRepeat: 900_000 }] },
};

describe.each(codexBinaries())('Codex $version as an agent', ({ version, bin }) => {
  const stubs: StubOpenai[] = [];
  afterEach(async () => {
    for (const each of stubs.splice(0)) await each[Symbol.asyncDispose]();
  });
  describeAgent(`codex ${version}`, {
    async make(act, home) {
      const stub = await stubOpenai(acts[act]);
      stubs.push(stub);
      const own = { variables: variables(home) };
      return makeAgent(codex({ bin, ...only(stub.url), sandbox: 'danger-full-access' }), own);
    },
  });
});
