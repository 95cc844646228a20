import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentReport, AgentTask } from '../../../src/pipeline/agent.ts';
import { codex } from '../../../src/plugins/execute/agents/codex.ts';
import { hermetic, makeAgent } from '../../support/fake-run.ts';

const bin = join(import.meta.dirname, '../../support/fake-agents/codex.mjs');

describe('codex', () => {
  let home: string;
  let log: string;
  let task: AgentTask;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'milton-codex-'));
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
    makeAgent(codex({ bin, ...options, env: { FAKE_ACT: act, FAKE_LOG: log } }), {
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
    const { session, turns, tokens } = await run('work', { model: 'gpt-5.5', extraArgs: ['--ephemeral'] });
    const { args, prompt, cwd } = called();
    expect(args.slice(0, 8)).toEqual([
      ...['exec', '--json', '--skip-git-repo-check', '-c', 'analytics.enabled=false', '-m', 'gpt-5.5', '--ephemeral'],
    ]);
    expect(args.at(-1)).toBe('-');
    expect([prompt, cwd, turns, tokens]).toEqual(['Do it.', task.folder, 1, 360]);
    expect(session).toMatch(/^thread-\d+$/);
  });

  it('takes model, arguments and limit of time from the environment', async () => {
    const variables = { CODEX_BIN: bin, CODEX_MODEL: 'gpt-6', CODEX_EXTRA_ARGS: ['--oss'], CODEX_TIMEOUT: 60 };
    await run('work', { bin: undefined }, variables);
    expect(called().args.slice(5, 8)).toEqual(['-m', 'gpt-6', '--oss']);
  });

  it.each([
    ['the option', { sandbox: 'danger-full-access' }, {}, 'danger-full-access'],
    ['the repository', {}, { permissionMode: 'read-only' }, ':read-only'],
    ['the option where the repository speaks to another agent', {}, { permissionMode: 'acceptEdits' }, ':workspace'],
    [
      'a question, whatever else is wished',
      { sandbox: 'danger-full-access' },
      { access: 'read', permissionMode: 'danger-full-access' },
      ':read-only',
    ],
  ] as const)('has the sandbox of %s', async (_, options, changes, sandbox) => {
    await run('work', options, {}, changes);
    const { args } = called();
    const [, base] = /"extends"="(:[a-z-]+)"/.exec(args.join(' ')) ?? [];
    expect(base ?? args[args.indexOf('-s') + 1]).toBe(sandbox);
  });

  it('has a sandbox that hides keys and what Milton has, and the login from its commands', async () => {
    const temporary = join(home, 'temporary');
    const provider = 'model_providers.mine={name="mine",env_key="MY_KEY"}';
    await run('work', { hidden: ['~/private'], extraArgs: ['-c', provider] }, {}, { temporary });
    const settings = called().args.filter((_: string, index: number, all: string[]) => all[index - 1] === '-c');
    const [permissions] = settings.filter((each: string) => each.startsWith('permissions.'));
    for (const path of ['~/.ssh', '~/.config/milton', '~/.codex/auth.json', '~/private', '/nowhere'])
      expect(permissions).toContain(`"${path}"="deny"`);
    expect(permissions).toContain(`"${temporary}"="write"`);
    expect(settings).toEqual(
      expect.arrayContaining([
        ...['default_permissions="milton"', 'shell_environment_policy.set.CODEX_API_KEY=""'],
        ...['shell_environment_policy.set.MY_KEY=""', `projects={"${task.folder}"={"trust_level"="untrusted"}}`],
      ]),
    );
    await run('work', { repositorySettings: true });
    expect(called().args.join(' ')).not.toContain('trust_level');
  });

  it.each([
    ...[['--yolo'], ['--dangerously-bypass-approvals-and-sandbox'], ['--full-auto'], ['--approve-for-me'], ['--trust']],
    ...[
      ['-s', 'read-only'],
      ['-sdanger-full-access'],
      ['--sandbox', 'x'],
      ['--sandbox=x'],
      ['--add-dir', '/'],
      ['-C', '/'],
    ],
    ...[
      ['-c', 'sandbox_mode="danger-full-access"'],
      ['-csandbox_mode=x'],
      ['--config=sandbox_mode=x'],
      ['-c', ' "sandbox_mode"=x'],
    ],
    ...[
      ['--config', 'sandbox_workspace_write.network_access=true'],
      ['-c', 'default_permissions=":danger-full-access"'],
    ],
    ...[
      ['-c', 'permissions.milton.network.enabled=true'],
      ['-c', 'projects={}'],
      ['-m', 'x', '-c', 'sandbox_mode=x'],
    ],
  ])('refuses %j, which would change what its sandbox allows', (...extraArgs) => {
    const parsed = codex().schema?.safeParse({ bin, timeout: 0, extraArgs });
    expect(parsed?.error?.issues[0]).toMatchObject({
      path: ['extraArgs'],
      message: expect.stringMatching(/set the option sandbox$/),
    });
  });

  it('takes arguments that only look like these', () => {
    const extraArgs = ['-c', 'model="sandbox_mode"', '-p', 'mine', '--search', '-c', 'tools.web_search=true'];
    expect(codex().schema?.safeParse({ bin, timeout: 0, extraArgs }).success).toBe(true);
  });

  it('uses the model of the repository', async () => {
    await run('work', { model: 'gpt-5.5' }, {}, { model: 'gpt-6' });
    expect(called().args.slice(5, 7)).toEqual(['-m', 'gpt-6']);
  });

  it('T8: sees what it needs of the environment, and no secret of Milton', async () => {
    const own = {
      OPENAI_API_KEY: 'sk-o',
      CODEX_API_KEY: 'sk-c',
      CODEX_HOME: join(home, 'codex'),
      OPENAI_BASE_URL: 'u',
    };
    const others = {
      PERPLEXITY_API_KEY: 'pplx',
      NTFY_TOKEN: 'tk',
      ANTHROPIC_API_KEY: 'sk-a',
      NODE_OPTIONS: '--inspect',
    };
    await run('work', { envPass: ['DATABASE_URL'] }, { ...own, ...others, DATABASE_URL: 'mine' });
    const { PATH, ...env } = called().env;
    expect(PATH).toBe(process.env.PATH);
    expect(env).toEqual({
      ...{ HOME: home, TERM: 'dumb', NO_COLOR: '1', CI: '1', MILTON_REQUEST_ID: task.run },
      ...{ ...own, DATABASE_URL: 'mine', FAKE_ACT: 'work', FAKE_LOG: log },
    });
  });

  it.each(['/help', '--version', '-', '@README.md', 'a\0b', '😀'.repeat(100_000)])(
    'gets a prompt as it is',
    async (prompt) => {
      await run('work', {}, {}, { prompt });
      expect(called().prompt).toBe(prompt.replaceAll('\0', ''));
    },
  );

  it.each([
    ['fail', {}, 'model', 'prompt is too long.'],
    ['limit', {}, 'limit', 'Quota exceeded. Check your plan and billing details.'],
    ['crash', {}, 'crash', 'It ended without a result (SIGKILL): Segmentation fault.'],
    ['wait', { timeout: 0.4 }, 'timeout', 'It was stopped after 0.4 s (CODEX_TIMEOUT).'],
    ['wait', { idleTimeout: 600 }, 'idle', 'It was stopped after 0.6 s without any sign of life (idleTimeout).'],
    [
      'unknown-flag',
      {},
      'other',
      'This Codex does not know --skip-git-repo-check. Update it: npm install -g @openai/codex',
    ],
    [
      'work',
      { bin: '/no/such/codex' },
      'missing',
      'Codex is not installed: "/no/such/codex" was not found. Install it (npm install -g @openai/codex) or set CODEX_BIN.',
    ],
  ])('says why it failed: %s %j', async (act, options, cause, reason) => {
    expect(await run(act, options)).toMatchObject({ status: 'failed', cause, reason });
  });

  it('is not alive because it says again and again that it waits for the network', async () => {
    expect(await run('offline', { idleTimeout: 1_000 })).toMatchObject({ status: 'failed', cause: 'idle' });
  });

  it('has no report of what ended in the middle, and one of what ended in an error', async () => {
    const agent = await make('work');
    writeFileSync(
      task.output,
      '{"type":"thread.started","thread_id":"t"}\n{"type":"error","message":"x"}\n{"type":"turn.',
    );
    expect(await agent.recover(task, null)).toBeUndefined();
    writeFileSync(
      task.output,
      '{"type":"thread.started","thread_id":"t"}\n{"type":"turn.failed","error":{"message":"Model gone"}}\n',
    );
    expect(await agent.recover(task, null)).toMatchObject({ status: 'failed', reason: 'Model gone.', session: 't' });
  });

  describe('check', () => {
    const LOGGED_OUT = 'Codex is not logged in. Run "codex login" in a terminal on this machine, or set CODEX_API_KEY.';

    it.each([
      ['work', {}, []],
      ['logged-out', {}, [LOGGED_OUT]],
      ['old', {}, ['Codex 0.42.0 is too old; Milton needs 0.138.0. Update it: npm install -g @openai/codex']],
      ['broken', {}, [expect.stringMatching(/^Codex does not work: cannot open shared object\. Run /)]],
      ['unreadable', {}, [expect.stringMatching(/^Codex does not work: Error loading configuration: .* Run /)]],
      ['unknown-flag', {}, ['This Codex does not know --skip-git-repo-check. Update it: npm install -g @openai/codex']],
      [
        'no-sandbox',
        {},
        [
          expect.stringMatching(
            /^Codex's sandbox does not work here: it cannot shut a command in \(bwrap: setting up uid map/,
          ),
        ],
      ],
      [
        'open-sandbox',
        {},
        [expect.stringMatching(/^Codex's sandbox does not work here: a command reads what is hidden/)],
      ],
      ['no-sandbox', { sandbox: 'danger-full-access' }, []],
      ['work', { bin: 'no-such-codex' }, [expect.stringMatching(/^Codex is not installed: "no-such-codex" was not/)]],
    ])('%s %j', async (act, options, problems) => {
      expect(await (await make(act, options)).check()).toEqual(problems);
    });

    it.each(['--json', 'resume'])('tries %s, which some task may need', async (word) => {
      const problems = await (await make(`knows no ${word}`)).check();
      expect(problems).toEqual([`This Codex does not know ${word}. Update it: npm install -g @openai/codex`]);
    });

    it.each([
      ['a key of its own', {}, { CODEX_API_KEY: 'sk-c' }, []],
      ['a key that it does not send', {}, { OPENAI_API_KEY: 'sk-o' }, [LOGGED_OUT]],
      ['a provider in the arguments', { extraArgs: ['-c', 'model_provider=mine'] }, {}, []],
      ['models on this machine', { extraArgs: ['--oss'] }, {}, []],
    ])('asks for a login, or not: %s', async (_, options, variables, problems) => {
      expect(await (await make('logged-out', options, variables)).check()).toEqual(problems);
    });

    it('asks for no login where its own settings choose another provider', async () => {
      mkdirSync(join(home, 'own'));
      writeFileSync(join(home, 'own/config.toml'), 'model = "x"\nmodel_provider = "mine"\n');
      expect(await (await make('logged-out', {}, { CODEX_HOME: join(home, 'own') })).check()).toEqual([]);
    });
  });
});
