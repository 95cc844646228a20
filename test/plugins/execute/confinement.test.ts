import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { ProcessRunner, type Repository, type RepositoryCommand } from '../../../src/pipeline/services.ts';
import { tryBubblewrap } from '../../../src/plugins/execute/agents/sandbox-check.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { Git } from '../../../src/plugins/execute/git/git.ts';
import { Processes, RUN_TAG } from '../../../src/plugins/execute/process/processes.ts';
import { confiner } from '../../../src/plugins/execute/repository/confinement.ts';
import { isLeftByAgents } from '../../../src/plugins/execute/repository/left-by-agents.ts';
import { runTests } from '../../../src/plugins/execute/repository/verify.ts';
import { taggedProcesses } from '../../../src/testing/tagged-processes.ts';
import { type Asked, acting, requestOf, resultOf, serving, write } from '../../support/acting-agent.ts';
import { type FakeRun, fakeHost, hermetic, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const works =
  process.platform === 'linux' &&
  (await tryBubblewrap(new ExecaProcessRunner(), { PATH: process.env.PATH ?? '' })) === undefined;

const programOf = (name: string) =>
  process.env
    .PATH!.split(':')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))!;

const sh = (line: string): RepositoryCommand => ({ line, argv: ['sh', '-c', line] });
const node = (script: string): RepositoryCommand => ({ line: 'node', argv: [process.execPath, '-e', script] });

/** Says of each deed whether it could be done, as JSON. */
const trying = (deeds: Readonly<Record<string, string>>) =>
  node(`const [fs, net, path] = ['fs', 'net', 'path'].map(require);
  const home = (name) => path.join(process.env.HOME, name);
  const reach = (port) => new Promise((resolve, reject) => net.connect(port, '127.0.0.1', resolve).on('error', reject));
  const serve = () => new Promise((resolve) => { const server = net.createServer().listen(0, '127.0.0.1', () => resolve(server.address().port)); });
  const deeds = { ${Object.entries(deeds)
    .map(([name, deed]) => `${name}: async () => ${deed}`)
    .join(', ')} };
  (async () => {
    const done = {};
    for (const [name, deed] of Object.entries(deeds)) done[name] = await deed().then(() => true, () => false);
    console.log(JSON.stringify(done));
    process.exit(Object.values(done).every(Boolean) ? 0 : 1);
  })();`);

describe.runIf(works)('what a confined agent has written, run by Milton,', () => {
  let repo: GitRepo;
  let run: FakeRun;
  let home: string;

  beforeEach(() => {
    repo = gitRepo();
    run = requestOf();
    // Not in /tmp, which is hidden as a whole.
    home = mkdtempSync('/var/tmp/milton-home-');
    mkdirSync(join(home, '.ssh'));
    for (const name of ['.ssh/id_ed25519', '.netrc', 'mine', 'notes']) writeFileSync(join(home, name), 'made up');
  });
  afterEach(() => {
    repo[Symbol.dispose]();
    rmSync(home, { recursive: true, force: true });
  });

  const confined = acting(write('login.ts'), { confined: true });
  const perform = async ({ agents = [confined], ...settings }: Asked) => {
    await runStep(execute({}), run, { ...serving(repo, agents, settings), variables: hermetic(home) });
    return resultOf(run);
  };

  describe('and would do harm', () => {
    let server: Server;
    let harm: RepositoryCommand;
    beforeEach(async () => {
      server = createServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      writeFileSync(join(repo.state, 'milton.db'), 'requests');
      harm = trying({
        readsKey: "fs.readFileSync(home('.ssh/id_ed25519'), 'utf8')",
        readsLogin: "{ if (fs.readFileSync(home('.netrc'), 'utf8') === '') throw 0 }",
        readsHidden: "{ if (fs.readFileSync(home('mine'), 'utf8') === '') throw 0 }",
        readsState: `fs.readFileSync(${JSON.stringify(join(repo.state, 'milton.db'))})`,
        writesHome: "fs.writeFileSync(home('outside'), '')",
        writesGit: `fs.writeFileSync(${JSON.stringify(join(repo.path, '.git/outside'))}, '')`,
        findsSockets: "{ if (fs.readdirSync('/run').every((each) => each === 'current-system')) throw 0 }",
        reachesHost: `reach(${(server.address() as AddressInfo).port})`,
        signals: `process.kill(${process.pid}, 0)`,
      });
    });
    afterEach(() => server.close());

    const none = {
      ...{ readsKey: false, readsLogin: false, readsHidden: false, readsState: false },
      ...{ writesHome: false, writesGit: false, findsSockets: false, reachesHost: false, signals: false },
    };

    it('T7: cannot: no keys, nothing outside, no network, in the tests, on the commit before, and in its prepare', async () => {
      const misled = (task: { readonly folder: string }) => {
        writeFileSync(join(task.folder, '.git'), `gitdir: ${join(home, '.ssh')}\n`);
        return write('login.ts')(task);
      };
      const agents = [acting(misled, { confined: true, hidden: ['~/mine'] })];
      const { tests, changes } = await perform({ agents, test: harm });
      expect(JSON.parse(tests!.tail)).toEqual(none);
      expect(tests).toMatchObject({ outcome: 'failed', before: 'failed', confined: true });

      const first = run.id;
      const [folder, session] = [join(repo.state, 'worktrees', first), 'x'];
      run = requestOf({ continues: { run: first, session, folder, branch: changes!.branch } });
      const { reason } = await perform({ agents, prepare: harm });
      expect(reason).toContain('in a sandbox without network, since an agent has worked there (see confine)');
      expect(JSON.parse(/\{.*\}$/.exec(reason!)![0])).toEqual(none);
      expect([existsSync(join(home, 'outside')), existsSync(join(repo.path, '.git/outside'))]).toEqual([false, false]);
    });

    it('could with confine: false, and in the prepare of a fresh copy, where no agent has written', async () => {
      expect((await perform({ prepare: harm })).status).toBe('succeeded');
      run = requestOf();
      const { tests } = await perform({ test: harm, confine: false });
      expect(JSON.parse(tests!.tail)).toEqual(Object.fromEntries(Object.keys(none).map((deed) => [deed, true])));
      expect(tests).not.toHaveProperty('confined');
    });
  });

  describe('in a folder', () => {
    const test = async (
      command: RepositoryCommand,
      { timeout = 60_000, signal = new AbortController().signal } = {},
    ) => {
      const temporary = join(repo.state, 'tmp');
      mkdirSync(temporary);
      const { get, logger } = fakeHost(undefined, {}, { variables: hermetic(home), state: repo.state });
      const env = { ...hermetic(home), TMPDIR: temporary, [RUN_TAG]: run.id };
      const confined = await confiner({ get, env, checkout: repo.path, temporary, hidden: [] });
      return runTests(command, {
        ...{ processes: new Processes(get(ProcessRunner)), logger, clean: (text) => text, run: run.id, env },
        ...{ folder: repo.path, output: join(repo.state, 'tests.out'), timeout, signal, ...confined },
      });
    };

    it('T6: works as ever: there, in what is temporary, and with servers of its own; git is not its to change', async () => {
      const { tail, ...tests } = await test(
        trying({
          reads: "fs.readFileSync('README.md')",
          readsHome: "fs.readFileSync(home('notes'))",
          writes: "fs.writeFileSync('report.txt', '')",
          writesTemporary: "fs.mkdtempSync(path.join(process.env.TMPDIR, 'x'))",
          writesTmp: "fs.writeFileSync('/tmp/x', '')",
          serves: 'reach(await serve())',
          knowsGit: "require('child_process').execFileSync('git', ['status'])",
          changesGit: "fs.appendFileSync('.git/config', ' ')",
        }),
      );
      const usual = ['reads', 'readsHome', 'writes', 'writesTemporary', 'writesTmp', 'serves', 'knowsGit'];
      expect(JSON.parse(tail)).toEqual({ ...Object.fromEntries(usual.map((x) => [x, true])), changesGit: false });
      expect([tests.confined, existsSync(join(repo.path, 'report.txt'))]).toEqual([true, true]);
    });

    it('is told apart where there is no such command', async () => {
      const command = { line: 'no-such-tool', argv: ['no-such-tool'] } as const;
      expect(await test(command)).toMatchObject({ outcome: 'broken', exitCode: 127, confined: true });
    });

    it('is ended when it takes too long, with all it has started', async () => {
      const { outcome } = await test(sh('setsid sleep 300 & sleep 300'), { timeout: 100 });
      expect([outcome, taggedProcesses(run.id)]).toEqual(['timeout', []]);
    });

    it('is ended when the request is cancelled, with all it has started', async () => {
      const working = test(sh('setsid sleep 300 & touch started; sleep 300'), { signal: run.signal });
      await vi.waitFor(() => expect(existsSync(join(repo.path, 'started'))).toBe(true), { timeout: 20_000 });
      expect(taggedProcesses(run.id).length).toBeGreaterThan(2);
      run.abort.abort(new Error('cancelled'));
      await expect(working).rejects.toThrow('cancelled');
      expect(taggedProcesses(run.id)).toEqual([]);
    });

    it('leaves nothing running behind it', async () => {
      const { outcome } = await test(sh('setsid sleep 300 > /dev/null 2>&1 & true'));
      expect([outcome, taggedProcesses(run.id)]).toEqual(['passed', []]);
    });
  });
});

describe.runIf(process.platform === 'linux')('where bubblewrap does not work', () => {
  it.each([
    ['no such program', undefined, /bubblewrap is missing\. Run ".+ install bubblewrap"\. .*confine: false/],
    [
      'no namespaces left',
      'echo "no space left" >&2; exit 1',
      /cannot shut a command in \(no space left\).*confine: false/,
    ],
  ])('T7: what a confined agent has written is not started: %s', async (_, script, why) => {
    using repo = gitRepo();
    const PATH = join(repo.home, 'bin');
    mkdirSync(PATH);
    for (const name of ['git', 'sh', 'touch']) symlinkSync(programOf(name), join(PATH, name));
    if (script !== undefined) writeFileSync(join(PATH, 'bwrap'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const ran = join(repo.home, 'ran');
    const agents = [acting(write('login.ts'), { confined: true })];
    const perform = async (run: FakeRun, settings: Asked) => {
      await runStep(execute({}), run, {
        ...serving(repo, agents, settings),
        variables: { ...hermetic(repo.home), PATH },
      });
      return resultOf(run);
    };
    const first = requestOf();
    const { tests, changes, status } = await perform(first, { test: sh(`touch ${ran}`) });
    expect([status, tests]).toEqual([
      'succeeded',
      expect.objectContaining({ outcome: 'broken', tail: expect.stringMatching(why) }),
    ]);
    expect(tests).not.toHaveProperty('confined');

    const folder = join(repo.state, 'worktrees', first.id);
    const next = requestOf({ continues: { run: first.id, session: 'x', folder, branch: changes!.branch } });
    const done = await perform(next, { prepare: sh(`touch ${ran}`) });
    expect([done.status, done.reason]).toEqual(['failed', expect.stringMatching(/^"touch .+ was not started\. /)]);
    expect(done.reason).toMatch(why);
    expect(existsSync(ran)).toBe(false);
  });
});

describe('where agents have worked in place, a fresh copy', () => {
  let repo: GitRepo;
  beforeEach(() => {
    repo = gitRepo();
  });
  afterEach(() => repo[Symbol.dispose]());

  it('T7: holds what they have written, until the person has it on another branch', async () => {
    const agents = [acting(write('login.ts'))];
    const services = { ...serving(repo, agents, { isolation: 'in-place' }), variables: hermetic(repo.home) };
    await runStep(execute({}), requestOf(), services);
    const git = new Git(new ExecaProcessRunner(), repo.path, hermetic(repo.home));
    expect(await isLeftByAgents(git, 'main')).toBe(false);
    expect(await isLeftByAgents(git, 'HEAD')).toBe(true);
    await git.run('commit', '--quiet', '--allow-empty', '--message', 'Mine, on top');
    expect(await isLeftByAgents(git, 'HEAD')).toBe(true);
    await git.run('branch', '--force', 'main', 'HEAD');
    expect(await isLeftByAgents(git, 'HEAD')).toBe(false);
    expect(await isLeftByAgents(git, 'no-such-commit')).toBe(true);
  });

  it.runIf(works).each<Partial<Repository>>([{ isolation: 'in-place' }, {}])(
    'T7: is prepared in a sandbox for the next request: %j',
    async (later) => {
      const agents = [acting(write('login.ts'), { confined: true })];
      const perform = async (run: FakeRun, settings: Partial<Repository>) => {
        await runStep(execute({}), run, { ...serving(repo, agents, settings), variables: hermetic(repo.home) });
        return resultOf(run);
      };
      await perform(requestOf(), { isolation: 'in-place' });
      const prepare = sh('exit 3');
      const { reason } = await perform(requestOf({ kind: 'RESEARCH' }), { ...later, prepare });
      expect(reason).toContain('in a sandbox without network, since an agent has worked there');
    },
  );
});
