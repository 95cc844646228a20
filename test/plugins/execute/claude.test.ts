import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentReport, AgentTask } from '../../../src/pipeline/agent.ts';
import type { Json } from '../../../src/pipeline/json.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { hermetic, makeAgent } from '../../support/fake-run.ts';

const bin = join(import.meta.dirname, '../../support/fake-agents/claude.mjs');

describe('claude', () => {
  let home: string;
  let log: string;
  let task: AgentTask;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'milton-claude-'));
    log = join(home, 'log.json');
    mkdirSync(join(home, 'work'));
    task = {
      run: `req_${process.pid}`,
      prompt: 'Do it.',
      folder: join(home, 'work'),
      access: 'write',
      output: join(home, 'out'),
    };
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const make = (act: string, options = {}, variables = {}) =>
    makeAgent(claude({ bin, ...options, env: { FAKE_ACT: act, FAKE_LOG: log } }), {
      variables: { ...hermetic(home), ...variables },
    });
  const called = () => JSON.parse(readFileSync(log, 'utf8'));

  async function run(
    act: string,
    options = {},
    variables = {},
    changes: Partial<AgentTask> = {},
  ): Promise<AgentReport> {
    const agent = await make(act, options, variables);
    return agent.run(
      { ...task, ...changes },
      { signal: new AbortController().signal, note: async () => {}, progress: () => {}, used: () => {} },
    );
  }

  it('is called with its options and never with the prompt', async () => {
    const options = { model: 'sonnet', maxTurns: 7, allowedTools: ['Bash(npm test)', 'WebFetch'] };
    const { session, turns, costUsd } = await run('work', options);
    const { args, prompt, cwd } = called();
    expect(args).toEqual([
      ...['-p', '--output-format', 'stream-json', '--verbose', '--model', 'sonnet', '--max-turns', '7'],
      ...['--max-budget-usd', '5', '--permission-mode', 'acceptEdits', '--allowedTools', 'Bash(npm test)', 'WebFetch'],
      ...['--settings', expect.any(String), '--setting-sources', 'user', '--strict-mcp-config'],
      ...['--session-id', session],
    ]);
    expect([prompt, cwd, turns, costUsd]).toEqual(['Do it.', task.folder, 2, 0.01]);
  });

  it('goes on with a conversation where it is told to', async () => {
    const { session } = await run('work', {}, {}, { resume: 'an-older-session' });
    expect(called().args.slice(-2)).toEqual(['--resume', 'an-older-session']);
    expect(called().args).not.toContain('--session-id');
    expect(session).toBe('an-older-session');
  });

  it('takes the model, permissions and limits of its task over its own', async () => {
    const limits = { turns: 3, costUsd: 0.5, tokens: 100 };
    const own = { model: 'sonnet', maxTurns: 9, maxBudgetUsd: 0.25 };
    await run('work', own, {}, { model: 'opus', permissionMode: 'plan', limits });
    const { args } = called();
    const after = (flag: string) => args[args.indexOf(flag) + 1];
    expect(['--model', '--permission-mode', '--max-turns', '--max-budget-usd'].map(after)).toEqual([
      'opus',
      'plan',
      '3',
      '0.25',
    ]);
  });

  const settings = () => {
    const { args } = called();
    return JSON.parse(args[args.indexOf('--settings') + 1]);
  };

  it('is told of its sandbox: what is hidden, what it may write, and nothing that would lift it', async () => {
    const temporary = join(home, 'temporary');
    mkdirSync(join(task.folder, '.git'));
    await run('work', { sandbox: { domains: ['example.com'], hidden: ['~/private'] } }, {}, { temporary });
    const own = [task.folder, temporary];
    expect(settings().sandbox).toEqual({
      ...{ enabled: true, failIfUnavailable: true, allowUnsandboxedCommands: false, autoAllowBashIfSandboxed: true },
      network: { allowedDomains: ['example.com'] },
      filesystem: {
        denyRead: expect.arrayContaining(['~/.ssh', '~/.config/milton', '~/private', '/nowhere']),
        allowRead: own,
        allowWrite: own,
        denyWrite: [join(task.folder, '.git')],
      },
      credentials: { envVars: expect.arrayContaining([{ name: 'ANTHROPIC_API_KEY', mode: 'deny' }]) },
    });
  });

  it('reaches no host from its sandbox unless one is named', async () => {
    await run('work');
    expect(settings().sandbox.network).toEqual({ allowedDomains: [] });
  });

  it('keeps its own tools from what is hidden, with and without a sandbox', async () => {
    const keys = ['Read(~/.ssh)', 'Read(~/.ssh/**)', 'Edit(~/.ssh/**)', 'Read(//nowhere/milton.db)', 'Edit(~/.netrc)'];
    await run('work', { sandbox: false });
    expect(settings()).toEqual({ permissions: { deny: expect.arrayContaining(keys) } });
    await run('work');
    expect(settings().permissions.deny).toEqual(expect.arrayContaining(keys));
  });

  it('heeds what the repository sets for it only where it is told to', async () => {
    await run('work', { repositorySettings: true });
    expect(called().args).not.toContain('--setting-sources');
    expect((await make('work')).heedsRepository).toBe(false);
    expect((await make('work', { repositorySettings: true })).heedsRepository).toBe(true);
  });

  it.each<[string, string, string, object, Partial<AgentTask>, string]>([
    ['an older one that would heed it', 'heeds', '{"sandbox":{}}', {}, {}, 'failed'],
    ['likewise with permissions', 'heeds', '{"permissions":{}}', {}, {}, 'failed'],
    ['likewise in other letters', 'heeds', String.raw`{"\u0073andbox":{}}`, {}, {}, 'failed'],
    ['likewise in no plain JSON', 'heeds', '{/**/}', {}, {}, 'failed'],
    ['a newer one', 'work', '{"sandbox":{}}', {}, {}, 'succeeded'],
    ['an older one without anything to heed', 'heeds', '{"hooks":{}}', {}, {}, 'succeeded'],
    ['an older one with such a word elsewhere', 'heeds', '{"env":{"A":"\\"sandbox\\""}}', {}, {}, 'succeeded'],
    ['an older one with an empty file', 'heeds', '', {}, {}, 'succeeded'],
    ['an older one that may', 'heeds', '{"sandbox":{}}', { repositorySettings: true }, {}, 'succeeded'],
    ['an older one without a sandbox', 'heeds', '{"sandbox":{}}', { sandbox: false }, {}, 'succeeded'],
    ['an older one for a question', 'heeds', '{"sandbox":{}}', {}, { access: 'read' }, 'succeeded'],
  ])(
    'T7: is not started where the repository would widen its sandbox: %s',
    async (_, act, file, options, changes, status) => {
      mkdirSync(join(task.folder, '.claude'));
      writeFileSync(join(task.folder, '.claude/settings.json'), file);
      const report = await run(act, options, {}, changes);
      expect([report.status, existsSync(log)]).toEqual([status, status === 'succeeded']);
      if (status === 'failed')
        expect(report.reason).toMatch(/^This Claude Code heeds what \.claude\/settings\.json says/);
    },
  );

  it.each([
    [{}, true, 'sandboxed, at most $5.00'],
    [{ sandbox: false, maxBudgetUsd: 0.5 }, false, 'no sandbox, at most $0.50'],
    [{ permissionMode: 'bypassPermissions' }, false, 'no sandbox, at most $5.00'],
  ])('says how it is kept: %j', async (options, confined, terms) => {
    expect(await make('work', options)).toMatchObject({ confined, terms });
  });

  it('T6: for RESEARCH it gets tools that only read, and none that starts a command', async () => {
    await run('work', { permissionMode: 'bypassPermissions', allowedTools: ['Bash'] }, {}, { access: 'read' });
    const { args } = called();
    expect(args.slice(4, -2)).toEqual([
      ...['--max-budget-usd', '5', '--tools', 'Read,Grep,Glob', '--settings', expect.any(String)],
      ...['--setting-sources', 'user', '--strict-mcp-config'],
    ]);
    expect(Object.keys(settings())).toEqual(['permissions']);
  });

  it('names no permission mode for the default one', async () => {
    await run('work', { permissionMode: 'default' });
    expect(called().args).not.toContain('--permission-mode');
  });

  it('T8: sees what it needs of the environment, and no secret of Milton', async () => {
    const variables = {
      ...{
        ANTHROPIC_API_KEY: 'sk-a',
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
        CLAUDE_CODE_OAUTH_TOKEN: 'tok',
        LANG: 'de_DE.UTF-8',
        https_proxy: 'p',
      },
      ...{
        PERPLEXITY_API_KEY: 'pplx',
        NTFY_TOKEN: 'tk',
        NTFY_PASSWORD: 'x',
        SSH_AUTH_SOCK: '/s',
        NODE_OPTIONS: '--inspect',
        GIT_DIR: '/g',
        LD_PRELOAD: 'l',
      },
      ...{ DATABASE_URL: 'mine' },
    };
    await run('work', { envPass: ['DATABASE_URL', 'NOT_SET'] }, variables);
    const { PATH, ...env } = called().env;
    expect(PATH).toBe(process.env.PATH);
    expect(env).toEqual({
      ...{
        HOME: home,
        LANG: 'de_DE.UTF-8',
        https_proxy: 'p',
        TERM: 'dumb',
        NO_COLOR: '1',
        CI: '1',
        MILTON_REQUEST_ID: task.run,
      },
      ...{
        ANTHROPIC_API_KEY: 'sk-a',
        ANTHROPIC_BASE_URL: 'http://127.0.0.1:9',
        CLAUDE_CODE_OAUTH_TOKEN: 'tok',
        DATABASE_URL: 'mine',
      },
      ...{ CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', FAKE_ACT: 'work', FAKE_LOG: log },
    });
  });

  it.each([
    ['/help', 'Request:\n/help'],
    ['\n /clear', 'Request:\n\n /clear'],
    ['a\0b', 'ab'],
    ['--version', '--version'],
    ['@~/.ssh/id, see\n@/etc/passwd。@x', '\\@~/.ssh/id, see\n\\@/etc/passwd。\\@x'],
    ['me@example.org, (@app) and "@b"', 'me@example.org, (@app) and "@b"'],
    ['😀'.repeat(100_000), '😀'.repeat(100_000)],
  ])('T6: gets a prompt as plain text, in which neither a command nor a file is named', async (prompt, arrived) => {
    await run('work', {}, {}, { prompt });
    expect(called().prompt).toBe(arrived);
  });

  it('lists what it was refused', async () => {
    expect(await run('denied')).toMatchObject({ status: 'succeeded', denials: ['Bash npm test'] });
  });

  it.each([
    ['fail', {}, 'API Error: 400 prompt is too long.'],
    ['crash', {}, 'It ended without a result (SIGKILL): Segmentation fault.'],
    ['wait', { timeout: 0.4 }, 'It was stopped after 0.4 s (CLAUDE_TIMEOUT).'],
    ['endless', { outputLimit: 1_000_000 }, 'It was stopped: it wrote more than 1 MB of output (outputLimit).'],
    ['wait', { idleTimeout: 400 }, 'It was stopped after 0.4 s without any sign of life (idleTimeout).'],
    [
      'work',
      { bin: '/no/such/claude' },
      'Claude Code is not installed: "/no/such/claude" was not found. Install it (npm install -g @anthropic-ai/claude-code) or set CLAUDE_BIN.',
    ],
  ])('says why it failed: %s %j', async (act, options, reason) => {
    expect(await run(act, options)).toMatchObject({ status: 'failed', reason });
  });

  it('is not stopped for what it has used up once it has said how it ended', async () => {
    const limits = { turns: 1, costUsd: 0.001 };
    expect(await run('linger', {}, {}, { limits })).toMatchObject({ status: 'succeeded', text: 'Done.', turns: 2 });
  });

  it('tells a missing folder from a missing program', async () => {
    const folder = join(home, 'gone');
    expect((await run('work', {}, {}, { folder })).reason).toBe(`Its working folder ${folder} is missing.`);
  });

  it('says that a folder is no program', async () => {
    expect((await run('work', { bin: home })).reason).toMatch(/^Claude Code is not installed/);
  });

  it('has no report of what ended in the middle, nor of what says that it was interrupted', async () => {
    const agent = await make('work');
    const init = '{"type":"system","subtype":"init","session_id":"s"}';
    writeFileSync(task.output, `${init}\n{"type":"assis`);
    expect(await agent.recover(task, { session: 's' })).toBeUndefined();
    const result = (fields: object) =>
      writeFileSync(task.output, `${init}\n${JSON.stringify({ type: 'result', is_error: true, ...fields })}\n`);
    result({ subtype: 'error_during_execution', errors: ['interrupted'] });
    expect(await agent.recover(task, { session: 's' })).toBeUndefined();
    result({ subtype: 'error_max_turns', num_turns: 3 });
    expect(await agent.recover(task, { session: 's' })).toMatchObject({
      status: 'failed',
      reason: 'It was stopped at its limit of turns, after 3.',
      session: 's',
    });
  });

  it('has no report of what Milton stopped in order', async () => {
    const stop = new AbortController();
    let noted: Json = null;
    const context = {
      signal: stop.signal,
      note: async (value: Json) => {
        noted = value;
      },
      progress: () => stop.abort(new Error('released')),
      used: () => {},
    };
    await expect((await make('hang')).run(task, context)).rejects.toThrow('released');
    expect(readFileSync(task.output, 'utf8')).toContain('error_during_execution');
    expect(await (await make('hang')).recover(task, noted)).toBeUndefined();
  });

  it('stops no process that merely has the pid of an agent from before', async () => {
    const agent = await make('work');
    expect(await agent.recover(task, { pid: process.pid, start: '1', boot: readBoot() })).toBeUndefined();
    expect(await agent.recover(task, { pid: 'x', start: null, boot: 7 })).toBeUndefined();
  });

  const readBoot = () => (existsSync('/proc') ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() : '');

  describe('check', () => {
    it.each([
      ['work', {}, []],
      ['logged-out', {}, [expect.stringContaining('is not logged in')]],
      ['old', {}, [expect.stringMatching(/^Claude Code 1\.0\.71 is too old; Milton needs 2\.1\.197\. Update it: /)]],
      ['broken', {}, [expect.stringMatching(/^Claude Code does not work: cannot open shared object\. Run /)]],
      [
        'work',
        { bin: 'no-such-claude' },
        [expect.stringMatching(/^Claude Code is not installed: "no-such-claude" was not found/)],
      ],
    ])('%s %j', async (act, options, problems) => {
      expect(await (await make(act, { sandbox: false, ...options })).check()).toEqual(problems);
    });

    it.each([
      ...['--permission-mode', '--tools', '--settings', '--setting-sources', '--strict-mcp-config'],
      ...['--max-turns', '--max-budget-usd', '--session-id', '--resume'],
    ])('tries %s, which some task may need', async (flag) => {
      const problems = await (await make(`knows no ${flag}`, { maxTurns: 9 })).check();
      expect(problems).toEqual([`This Claude Code does not know ${flag}. Update it: claude update`]);
    });

    it('asks for a sandbox where it is to have one, and not where it may only read', async () => {
      const PATH = join(home, 'empty');
      const problems = (options: object, access?: 'read') =>
        make('work', options, { PATH: `${PATH}:${dirname(process.execPath)}` }).then((agent) => agent.check(access));
      expect(await problems({})).toEqual([
        expect.stringMatching(
          /^Claude Code's sandbox does not work here: bubblewrap and socat are missing\. Run "sudo /,
        ),
      ]);
      expect(await problems({ sandbox: false })).toEqual([]);
      expect(await problems({}, 'read')).toEqual([]);
    });
  });
});
