// What the real Codex lets a command of an agent reach: tried, not read in its settings.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocket } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codex } from '../../src/plugins/execute/agents/codex.ts';
import { execute } from '../../src/plugins/execute/execute.ts';
import { requestOf, resultOf, serving } from '../support/acting-agent.ts';
import { codexBinaries } from '../support/codex-binaries.ts';
import { makeAgent, runStep } from '../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../support/git-repo.ts';
import { stubOpenai } from '../support/stub-openai.ts';

const SECRET = 'made-up-secret';

describe.each(codexBinaries())('Codex $version', ({ bin }) => {
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
    for (const folder of ['.ssh', '.codex']) mkdirSync(join(repo.home, folder));
    for (const path of ['.ssh/id', '.netrc', 'private', '.codex/auth.json'])
      writeFileSync(join(repo.home, path), JSON.stringify({ OPENAI_API_KEY: SECRET }));
    writeFileSync(join(repo.state, 'milton.db'), SECRET);
    mkdirSync(join(repo.state, 'worktrees/req_other'), { recursive: true });
    writeFileSync(join(repo.state, 'worktrees/req_other/file'), SECRET);
  });
  afterEach(async () => {
    await new Promise((resolve) => server.close(resolve));
    repo[Symbol.dispose]();
  });

  /** Has the agent run commands; `told` is what they have answered. */
  async function perform(shells: readonly string[], kind: 'CODE' | 'RESEARCH' = 'CODE', options: object = {}) {
    await using stub = await stubOpenai({ turns: [...shells.map((shell) => ({ shell })), { text: 'Tried.' }] });
    const services = serving(repo, []);
    const provider = `model_providers.stub={name="stub",base_url="${stub.url}",wire_api="responses",env_key="STUB_KEY"}`;
    const own = {
      extraArgs: ['-c', 'model_provider=stub', '-c', provider],
      env: { STUB_KEY: SECRET },
      hidden: ['~/private'],
    };
    const variables = { ...services.variables, CODEX_HOME: join(repo.home, '.codex'), NTFY_TOKEN: SECRET };
    const agent = await makeAgent(codex({ bin, ...own, ...options }), { ...services, variables });
    const run = requestOf({ agent: 'codex', kind });
    await runStep(execute(), run, { ...services, variables, agents: [agent] });
    return { ...resultOf(run), run: run.id, told: stub.requests.map(({ toolOutput }) => toolOutput ?? '').join('\n') };
  }

  it.each(['CODE', 'RESEARCH'] as const)(
    'T8: a command of %s reads no key, nothing of Milton, and no login',
    async (kind) => {
      const tries = ['~/.ssh/id', '~/.netrc', '~/private', '~/.codex/auth.json', `${repo.state}/milton.db`];
      const text = `for each in ${tries.join(' ')}; do cat $each; done; env; tr '\\0' '\\n' < /proc/1/environ; echo done`;
      const { told, status } = await perform([text], kind);
      expect([status, told.includes('done'), told.includes('HOME='), told.includes(SECRET)]).toEqual([
        'succeeded',
        true,
        true,
        false,
      ]);
    },
  );

  it('a command does not see the work of another request', async () => {
    const { told } = await perform([`cat ${repo.state}/worktrees/req_other/file; echo done`]);
    expect([told.includes('done'), told.includes(SECRET)]).toEqual([true, false]);
  });

  it('a command reaches no host and no socket of this machine', async () => {
    const socket = createSocket((connection) => connection.end(SECRET));
    await new Promise<void>((resolve) => socket.listen(join(repo.root, 'socket'), resolve));
    const { port } = server.address() as AddressInfo;
    const text = `curl -s -m 5 http://127.0.0.1:${port}/direct; curl -s -m 5 http://example.invalid/; curl -s -m 5 --unix-socket ${repo.root}/socket http://x/; echo done`;
    const { told } = await perform([text]);
    await new Promise((resolve) => socket.close(resolve));
    expect([told.includes('done'), told.includes(SECRET), reached]).toEqual([true, false, []]);
  });

  it('T7: a command writes in its folder and its temporary folder only: not at home, not into git, not into /tmp', async () => {
    const git = join(repo.path, '.git');
    const before = repo.git('for-each-ref', 'refs/heads/main');
    const tries = [
      '~/outside',
      `${repo.path}/outside`,
      `${repo.root}/outside`,
      `${git}/config`,
      `${git}/hooks/x`,
      `${git}/HEAD`,
      '.git',
    ];
    const text = [
      `for each in ${tries.join(' ')}; do (echo x >> $each) && echo WRO\\TE $each; done`,
      'git commit --allow-empty -m evil && echo WRO\\TE commit',
      'echo inside > inside.txt; echo "$TMPDIR" > "$TMPDIR/x" && cat "$TMPDIR/x"; echo done',
    ].join('; ');
    const { told, changes, run } = await perform([text]);
    expect(told).toContain(`${join(repo.state, 'tmp', run)}\ndone`);
    expect(told).not.toContain('WROTE');
    expect(changes?.files).toEqual([{ path: 'inside.txt', added: 1, removed: 0 }]);
    expect([repo.git('for-each-ref', 'refs/heads/main'), existsSync(join(repo.home, 'outside'))]).toEqual([
      before,
      false,
    ]);
  });

  it('RESEARCH changes nothing', async () => {
    const { told, status } = await perform(['echo x > new; echo x > "$TMPDIR/x"; cat README.md'], 'RESEARCH');
    expect([status, told.includes('An app.'), told.match(/Read-only file system/g)?.length]).toEqual([
      'succeeded',
      true,
      2,
    ]);
  });

  it('T7: programs that the repository names are started only where the person says so', async () => {
    const mark = join(repo.root, 'mark');
    const server = `[mcp_servers.evil]\ncommand = "/bin/sh"\nargs = ["-c", "echo ran >> ${mark}; sleep 1"]\n`;
    mkdirSync(join(repo.path, '.codex'));
    writeFileSync(join(repo.path, '.codex/config.toml'), server);
    repo.git('add', '.');
    repo.git('commit', '-qm', 'Settings');
    appendFileSync(join(repo.home, '.codex/config.toml'), `[projects."${repo.path}"]\ntrust_level = "trusted"\n`);
    await perform(['true']);
    expect(existsSync(mark)).toBe(false);
    // Codex does not wait for it, and ends it with itself.
    const waits = `for i in $(seq 250); do test -e ${mark} && break; sleep 0.1; done`;
    await perform([waits], 'CODE', { repositorySettings: true });
    expect(readFileSync(mark, 'utf8')).toContain('ran');
  });

  it('what the person has set for Codex does not lift it', async () => {
    writeFileSync(join(repo.home, '.codex/config.toml'), 'sandbox_mode = "danger-full-access"\n');
    const { told } = await perform(['cat ~/.ssh/id; echo x > ~/outside; echo done']);
    expect([told.includes('done'), told.includes(SECRET), existsSync(join(repo.home, 'outside'))]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('its check really shuts a command in', async () => {
    const services = { ...serving(repo, []), state: repo.state };
    const check = async (path: string, options = {}) => {
      const variables = {
        ...services.variables,
        PATH: path,
        CODEX_API_KEY: SECRET,
        CODEX_HOME: join(repo.home, '.codex'),
      };
      return (await makeAgent(codex({ bin, ...options }), { ...services, variables })).check();
    };
    expect(await check(process.env.PATH ?? '')).toEqual([]);
  });
});
