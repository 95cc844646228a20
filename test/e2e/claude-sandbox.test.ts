// What the real Claude Code lets a command of an agent reach: tried, not read in its settings.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { claude } from '../../src/plugins/execute/agents/claude.ts';
import { execute } from '../../src/plugins/execute/execute.ts';
import { prompt, verdict } from '../../src/plugins/slots.ts';
import { requestOf, resultOf, serving } from '../support/acting-agent.ts';
import { ClaudeBench } from '../support/claude-bench.ts';
import { claudeBinaries } from '../support/claude-binaries.ts';
import { FakeRun, makeAgent, runStep } from '../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../support/git-repo.ts';
import { type Scenario, stubAnthropic } from '../support/stub-anthropic.ts';

const SECRET = 'made-up-secret';
const ALL = { allowedTools: ['Bash'] };

/** What tools have answered in a conversation. */
function answersIn(told = '[]'): string {
  const messages = JSON.parse(told) as { content: string | { type: string; content?: unknown }[] }[];
  const blocks = messages.flatMap(({ content }) => (typeof content === 'string' ? [] : content));
  return blocks.flatMap(({ type, content }) => (type === 'tool_result' ? [JSON.stringify(content)] : [])).join('\n');
}

describe.each(claudeBinaries())('Claude Code $version, killed while a command of it is at work', ({ bin }) => {
  const bench = new ClaudeBench(bin);

  it('leaves nothing of its sandbox on the branch, nor in the repository', async () => {
    const command = { command: 'echo half > half.txt; touch busy; tail -f /dev/null', description: 'Never ends' };
    const { result } = await bench.start({ scenario: { turns: [{ tool: 'Bash', input: command }] }, options: ALL });
    await vi.waitFor(() => expect(existsSync(join(bench.worktree, 'busy'))).toBe(true), { timeout: 60_000 });
    expect(existsSync(join(bench.worktree, '.bashrc'))).toBe(true);
    const cli = (await bench.processes()).find(({ ppid }) => ppid === process.pid);
    process.kill(cli!.pid, 'SIGKILL');
    const { status, changes } = await result();
    expect([status, changes.files.map(({ path }: { path: string }) => path)]).toEqual(['failed', ['busy', 'half.txt']]);
  });
});

describe.each(claudeBinaries())('Claude Code $version', ({ bin }) => {
  let repo: GitRepo;
  let server: Server;
  let reached: string[];
  beforeEach(async () => {
    repo = gitRepo();
    reached = [];
    server = createServer((request, response) => {
      reached.push(request.url ?? '');
      response.end(SECRET);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    mkdirSync(join(repo.home, '.ssh'));
    for (const path of ['.ssh/id', '.netrc', 'private']) writeFileSync(join(repo.home, path), `${SECRET}\n`);
    for (const path of ['milton.db', '.env']) writeFileSync(join(repo.state, path), `${SECRET}\n`);
    mkdirSync(join(repo.state, 'worktrees/req_other'), { recursive: true });
    writeFileSync(join(repo.state, 'worktrees/req_other/file'), `${SECRET}\n`);
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    repo[Symbol.dispose]();
  });

  const port = () => (server.address() as AddressInfo).port;
  const commits = () => repo.git('for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads/main', 'refs/tags');

  /** Has the agent carry out a scenario; `told` is what its tools have answered, `sent` all that its model was sent. */
  async function perform(
    turns: Scenario['turns'],
    options: object = {},
    kind: 'CODE' | 'RESEARCH' = 'CODE',
    run = requestOf({ agent: 'claude', kind }),
  ) {
    await using stub = await stubAnthropic({ turns: [...(turns ?? []), { text: 'Tried.' }] });
    const services = serving(repo, []);
    const variables = {
      ...services.variables,
      ...{ ANTHROPIC_BASE_URL: stub.url, ANTHROPIC_API_KEY: SECRET, CLAUDE_CODE_MAX_RETRIES: '1', NTFY_TOKEN: SECRET },
    };
    const agent = await makeAgent(claude({ bin, sandbox: { domains: [], hidden: ['~/private'] }, ...options }), {
      ...services,
      variables,
    });
    await runStep(execute(), run, { ...services, variables, agents: [agent] });
    return {
      ...resultOf(run),
      told: answersIn(stub.requests.at(-1)?.told),
      sent: stub.requests.at(-1)?.told ?? '',
      tools: stub.requests[0]?.tools ?? [],
    };
  }
  const command = (text: string) => ({ tool: 'Bash', input: { command: text, description: 'Try' } });

  it('T8: a command reads no key, nothing of Milton, no other request, and no login in its environment', async () => {
    const tries = [
      '~/.ssh/id',
      '~/.netrc',
      '~/private',
      `${repo.state}/milton.db`,
      `${repo.state}/worktrees/req_other/file`,
    ];
    const text = `for each in ${tries.join(' ')}; do cat $each && echo REA\\D $each; done; env; tr '\\0' '\\n' < /proc/1/environ; echo done`;
    const { told, status, changes } = await perform([command(text)], ALL);
    expect([status, changes?.files]).toEqual(['succeeded', []]);
    expect(told).toContain('done');
    expect(told).toContain('HOME=');
    expect(told).not.toMatch(/READ |made-up-secret/);
  });

  it('a command reaches no host: neither this machine nor any other', async () => {
    const curl = (more: string) => `curl -s -m 5 ${more}; echo "code $?"`;
    const text = [
      ...[curl(`http://127.0.0.1:${port()}/direct`), curl(`--noproxy '' http://127.0.0.1:${port()}/proxied`)],
      curl('http://example.invalid/'),
    ].join('; ');
    const { told } = await perform([command(text)], ALL);
    expect(told).toContain('code ');
    expect([told.includes(SECRET), reached]).toEqual([false, []]);
  });

  it('but one that is named', async () => {
    const text = `curl -s -m 60 --noproxy '' http://127.0.0.1:${port()}/named`;
    const { told } = await perform([command(text)], { ...ALL, sandbox: { domains: ['127.0.0.1'] } });
    expect([told.includes(SECRET), reached]).toEqual([true, ['/named']]);
  });

  it('T7: a command writes in its folder and its temporary folder only: not at home, not into git, not into Milton', async () => {
    const before = commits();
    const git = join(repo.path, '.git');
    const tries = [
      ...['~/outside', `${repo.path}/outside`, `${git}/hooks/pre-commit`, `${git}/config`],
      ...[
        `${git}/HEAD`,
        `${git}/index`,
        `${git}/refs/heads/main`,
        `${git}/info/attributes`,
        `${git}/packed-refs`,
        '.git',
      ],
      ...['.claude/settings.json', '.mcp.json'],
    ];
    const text = [
      `for each in ${tries.join(' ')}; do mkdir -p $(dirname $each); (echo x >> $each) && echo WRO\\TE $each; done`,
      'git config core.fsmonitor evil && echo WRO\\TE config',
      'git commit --allow-empty -m evil && echo WRO\\TE commit; git branch evil && echo WRO\\TE branch',
      `echo x > ${repo.state}/outside; echo inside > inside.txt`,
      ' echo "$TMPDIR" > "$TMPDIR/x" && cat "$TMPDIR/x"; echo done',
    ].join('; ');
    const run = requestOf({ agent: 'claude' });
    const { told, changes } = await perform([command(text)], ALL, 'CODE', run);
    expect(told).toContain('done');
    expect(told).toContain(join(repo.state, 'tmp', run.id));
    expect(told).not.toContain('WROTE');
    expect(changes?.files).toEqual([{ path: 'inside.txt', added: 1, removed: 0 }]);
    expect([commits(), existsSync(join(repo.home, 'outside')), existsSync(join(repo.state, 'outside'))]).toEqual([
      before,
      false,
      false,
    ]);
    expect(readFileSync(join(git, 'config'), 'utf8')).not.toContain('evil');
  });

  it('its own tools are kept from the same, in every permission mode', async () => {
    const read = (path: string) => ({ tool: 'Read', input: { file_path: path } });
    const write = (path: string) => ({ tool: 'Write', input: { file_path: path, content: 'x' } });
    const paths = [join(repo.home, '.ssh/id'), join(repo.home, 'private'), join(repo.state, 'milton.db')];
    const own = [join(repo.path, '.git/hooks/post-commit'), join(repo.home, '.ssh/authorized_keys')];
    for (const permissionMode of ['acceptEdits', 'bypassPermissions']) {
      const options = { permissionMode, env: { IS_SANDBOX: '1' } };
      const { told } = await perform([...paths.map(read), ...own.map(write)], options);
      expect(told.match(/denied by your permission settings/g)).toHaveLength(paths.length + own.length);
      expect([told.includes(SECRET), own.filter((path) => existsSync(path))]).toEqual([false, []]);
    }
  });

  it('T6: RESEARCH has no tool that starts a command or writes, and reads nothing outside', async () => {
    const turns = [
      { tool: 'Read', input: { file_path: '{{cwd}}/README.md' } },
      ...['.ssh/id', '.netrc', 'other'].map((name) => ({ tool: 'Read', input: { file_path: join(repo.home, name) } })),
      { tool: 'Grep', input: { pattern: 'made', path: repo.home, output_mode: 'content' } },
      { tool: 'Grep', input: { pattern: 'made', path: join(repo.home, '.ssh'), output_mode: 'content' } },
      { tool: 'Glob', input: { pattern: '**/*', path: join(repo.home, '.ssh') } },
    ];
    writeFileSync(join(repo.home, 'other'), SECRET);
    const { told, tools, status } = await perform(turns, {}, 'RESEARCH');
    expect([status, tools.filter((each) => /bash|write|edit/i.test(each))]).toEqual(['succeeded', []]);
    expect(told).toContain('An app.');
    expect(told).not.toContain(SECRET);
  });

  it('T6: a file that is named with an @ is not read for it', async () => {
    writeFileSync(join(repo.home, 'other'), SECRET);
    const text = `First @${repo.home}/other\n@${repo.home}/.ssh/id and。@~/other`;
    const run = new FakeRun(`req_mention_${process.pid}`)
      .with(verdict, { kind: 'CODE', text, repository: 'app', agent: 'claude' })
      .with(prompt, text);
    const { sent, status } = await perform([], {}, 'CODE', run);
    expect([status, sent.includes(`@${repo.home}/other`), sent.includes(SECRET)]).toEqual(['succeeded', true, false]);
  });

  it('T7: hooks, permissions and a wider sandbox of the repository count only where the person says so', async () => {
    const mark = join(repo.root, 'hook');
    writeFileSync(join(repo.home, 'other'), SECRET);
    const hooks = { PreToolUse: [{ matcher: '*', hooks: [{ type: 'command', command: `echo ran >> ${mark}` }] }] };
    const sandbox = {
      enabled: false,
      excludedCommands: ['cat *', 'cat:*'],
      filesystem: { allowWrite: ['~'], allowRead: ['~/.ssh'] },
    };
    mkdirSync(join(repo.path, '.claude'));
    writeFileSync(
      join(repo.path, '.claude/settings.json'),
      JSON.stringify({ hooks, sandbox, permissions: { allow: ['Bash', 'Read(~/**)', 'Edit(~/**)'] } }),
    );
    repo.git('add', '.');
    repo.git('commit', '-qm', 'Settings');
    const done = await perform([command('cat ~/.ssh/id; echo x > ~/outside; echo done')], ALL);
    // Older versions heed the sandbox of the repository whatever they are told, so that they are not started.
    if (done.status === 'failed')
      expect(done.reason).toMatch(/^This Claude Code heeds what \.claude\/settings\.json says/);
    else expect(done.told).toContain('done');
    const research = await perform([{ tool: 'Read', input: { file_path: join(repo.home, 'other') } }], {}, 'RESEARCH');
    expect(research.status).toBe('succeeded');
    expect([done.told + research.told, existsSync(mark), existsSync(join(repo.home, 'outside'))]).toEqual([
      expect.not.stringContaining(SECRET),
      ...[false, false],
    ]);
    await perform([command('true')], { repositorySettings: true });
    expect(existsSync(mark)).toBe(true);
  });

  it('starts nothing where no command can be shut in, and says what mends it', async () => {
    const done = await perform([command('echo x > y')], { env: { PATH: '/nowhere' } });
    expect(done).toMatchObject({ status: 'failed', cause: 'other' });
    expect(done.reason).toMatch(
      /^Claude Code's sandbox does not work here: .* Run ".*"\. To have it work without one: claude\(\{ sandbox: false \}\)\.$/,
    );
  });
});
