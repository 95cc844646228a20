import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import type { RepositoryCommand } from '../../../src/pipeline/services.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { Git } from '../../../src/plugins/execute/git/git.ts';
import { Worktrees } from '../../../src/plugins/execute/git/worktree.ts';
import { furnish } from '../../../src/plugins/execute/repository/furnish.ts';
import { taggedProcesses } from '../../../src/testing/tagged-processes.ts';
import { type Asked, acting, requestOf, resultOf, serving, write } from '../../support/acting-agent.ts';
import { type FakeRun, hermetic, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const sh = (line: string): RepositoryCommand => ({ line, argv: ['sh', '-c', line] });

describe('a repository', () => {
  let repo: GitRepo;
  let run: FakeRun;

  beforeEach(() => {
    repo = gitRepo();
    run = requestOf();
  });
  afterEach(() => repo[Symbol.dispose]());

  const perform = async ({ options = {}, agents = [acting(write('login.ts'))], ...settings }: Asked) => {
    await runStep(execute(options), run, serving(repo, agents, settings));
    return resultOf(run);
  };
  const folder = (suffix = '') => join(repo.state, 'worktrees', `${run.id}${suffix}`);
  const commit = (name: string, text: string) => {
    writeFileSync(join(repo.path, name), text);
    repo.git('add', name);
    repo.git('commit', '-qm', name);
  };

  describe('that names what a copy needs', () => {
    beforeEach(() => commit('.gitignore', '.env.test\nfixtures/\nnode_modules/\n'));

    it('T7: copies nothing through a link that an earlier agent has made', async () => {
      const victim = join(repo.home, 'victim');
      writeFileSync(victim, 'as it was');
      writeFileSync(join(repo.path, '.env.test'), 'KEY=1\n');
      mkdirSync(join(repo.path, 'fixtures/deep'), { recursive: true });
      const repository = { name: 'app', path: repo.path, agent: undefined };
      const git = new Git(new ExecaProcessRunner(), repo.path, hermetic(repo.home));
      const worktree = await new Worktrees(git, repository).open(folder(), 'milton/x');
      symlinkSync(victim, join(folder(), '.env.test'));
      symlinkSync(repo.home, join(folder(), 'fixtures'));
      const bring = (path: string) => furnish(worktree, { ...repository, copy: [path] }, git, {} as never);
      expect(await bring('.env.test')).toBeUndefined();
      expect([readFileSync(victim, 'utf8'), readFileSync(join(folder(), '.env.test'), 'utf8')]).toEqual([
        'as it was',
        'KEY=1\n',
      ]);
      expect(await bring('fixtures/deep')).toBe(
        '"fixtures/deep" (copy) leads out of the folder: there is a link on its way.',
      );
      expect(existsSync(join(repo.home, 'deep'))).toBe(false);
    });

    it('has its ignored files copied and its command run before the agent begins', async () => {
      writeFileSync(join(repo.path, '.env.test'), 'KEY=1\n');
      chmodSync(join(repo.path, '.env.test'), 0o600);
      mkdirSync(join(repo.path, 'fixtures/deep'), { recursive: true });
      writeFileSync(join(repo.path, 'fixtures/deep/a'), 'a');
      const seen: unknown[] = [];
      const agent = acting((task) => {
        seen.push(
          readFileSync(join(task.folder, '.env.test'), 'utf8'),
          statSync(join(task.folder, '.env.test')).mode & 0o777,
        );
        seen.push(readFileSync(join(task.folder, 'fixtures/deep/a'), 'utf8'));
        seen.push(readFileSync(join(task.folder, 'node_modules/ready'), 'utf8'));
        return write('login.ts')(task);
      });
      const prepare = sh('mkdir node_modules && echo yes > node_modules/ready && echo touched > README.md');
      const { changes, status } = await perform({
        agents: [agent],
        copy: ['.env.test', 'fixtures', 'absent'],
        prepare,
      });
      expect(seen).toEqual(['KEY=1\n', 0o600, 'a', 'yes\n']);
      // Neither the copies nor what prepare did to the repository's own files are the agent's work.
      expect([status, changes?.files]).toEqual(['succeeded', [{ path: 'login.ts', added: 1, removed: 0 }]]);
      expect(existsSync(folder())).toBe(false);
    });

    it.each([
      ['a file that would be committed', { copy: ['secret.txt'] }, /^"secret\.txt" \(copy\) is not ignored by git/],
      [
        'a command that fails',
        { prepare: sh('echo no network; exit 3') },
        '"echo no network; exit 3" (prepare of app) failed with exit code 3: no network',
      ],
      [
        'a command that is missing',
        { prepare: { line: 'no-such-tool', argv: ['no-such-tool'] } as const },
        /cannot be started: there is no such command/,
      ],
      [
        'a command that writes without end',
        { prepare: sh('head -c 120000000 /dev/zero; echo; echo noise; sleep 60') },
        // It may be stopped before it has come to its last words, or its shell may add that something was terminated.
        /^"head -c 120000000 .*" \(prepare of app\) wrote more than 100 MB(?:: .*|\.)$/,
      ],
      [
        'a command that hangs',
        { prepare: sh('sleep 60'), options: { prepareTimeout: 200 } },
        /took longer than 0\.2 s/,
      ],
    ])('is not worked in with %s', async (_, settings, reason) => {
      writeFileSync(join(repo.path, 'secret.txt'), 'x');
      const agents = [acting(() => expect.unreachable())];
      const done = await perform({ agents, ...settings });
      expect(done).toMatchObject({
        status: 'failed',
        reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
      });
      expect([existsSync(folder()), repo.git('branch', '--list', 'milton/*')]).toEqual([false, '']);
    });

    it('leaves nothing of a request that is cancelled while its command runs', async () => {
      const working = perform({ prepare: sh('touch node_modules; sleep 300') });
      await vi.waitFor(() => expect(existsSync(join(folder(), 'node_modules'))).toBe(true), { timeout: 20_000 });
      run.abort.abort(new Error('cancelled'));
      await expect(working).rejects.toThrow('cancelled');
      expect([taggedProcesses(run.id), existsSync(folder()), repo.git('branch', '--list', 'milton/*')]).toEqual([
        [],
        false,
        '',
      ]);
    });

    it('leaves nothing running that its command has started', async () => {
      await perform({ prepare: sh('setsid sleep 300 > /dev/null 2>&1 & true') });
      expect(taggedProcesses(run.id)).toEqual([]);
    });
  });

  describe('that names its tests', () => {
    it('has them judge the work', async () => {
      const { tests } = await perform({ test: sh('cat login.ts && echo fine') });
      expect(tests).toEqual({
        command: 'cat login.ts && echo fine',
        outcome: 'passed',
        exitCode: 0,
        ms: expect.any(Number),
        tail: 'login.ts\nfine',
      });
      expect(existsSync(folder())).toBe(false);
    });

    it.each([
      ['only the work fails them', 'test ! -e login.ts', { outcome: 'failed', exitCode: 1, before: 'passed' }],
      [
        'they failed before',
        'echo broken; false',
        { outcome: 'failed', exitCode: 1, before: 'failed', tail: 'broken' },
      ],
      ['they cannot be started', 'no-such-runner --all', { outcome: 'broken', exitCode: 127 }],
    ])('tells it apart where %s', async (_, line, tests) => {
      const done = await perform({ test: sh(line) });
      expect([done.status, done.tests]).toEqual(['succeeded', expect.objectContaining(tests)]);
      expect('before' in done.tests!).toBe('before' in tests);
      expect(existsSync(folder())).toBe(false);
      expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1);
    });

    it('ends tests that take too long, with all they have started', async () => {
      const { tests } = await perform({ test: sh('setsid sleep 300 & sleep 300'), options: { testTimeout: 300 } });
      expect(tests).toMatchObject({ outcome: 'timeout' });
      expect(taggedProcesses(run.id)).toEqual([]);
    });

    it('ends tests that write without end, and says so', async () => {
      const { tests } = await perform({
        test: sh('head -c 120000000 /dev/zero | tr "\\0" x; sleep 60'),
      });
      expect(tests).toMatchObject({ outcome: 'failed', before: 'failed' });
      expect(tests!.tail).toMatch(/x\nStopped: it wrote more than 100 MB\.$/);
      expect(tests!.tail.length).toBeLessThan(3_000);
      expect(taggedProcesses(run.id)).toEqual([]);
    });

    it('judges the commit before with all that was installed for the work', async () => {
      commit('.gitignore', 'ready\n');
      const installs = acting((task) => {
        writeFileSync(join(task.folder, 'ready'), '');
        return write('login.ts')(task);
      });
      const { tests, changes } = await perform({ agents: [installs], test: sh('test -e ready && test ! -e login.ts') });
      expect(tests).toMatchObject({ outcome: 'failed', before: 'passed' });
      expect(repo.git('show', `${changes!.branch}:login.ts`)).toBe('login.ts');
    });

    it('does not look at the commit before where the folder holds what is on no branch', async () => {
      const stuck = acting((task) => {
        mkdirSync(join(task.folder, 'sub'));
        repo.git('-C', join(task.folder, 'sub'), 'init', '-q');
        writeFileSync(join(task.folder, 'sub/kept'), 'x');
        return write('login.ts')(task);
      });
      const { tests, changes } = await perform({ agents: [stuck], test: sh('test ! -e login.ts') });
      expect([changes?.left?.folder, tests?.outcome, tests?.before]).toEqual([folder(), 'failed', undefined]);
      expect(readFileSync(join(folder(), 'sub/kept'), 'utf8')).toBe('x');
    });

    it('is not tested where nothing was changed, or where the agent failed', async () => {
      const test = sh('exit 1');
      expect((await perform({ agents: [acting(() => ({}))], test })).tests).toBeUndefined();
      run = requestOf();
      const failing = acting((task) => ({ ...write('a')(task), status: 'failed', reason: 'No.' }));
      expect((await perform({ agents: [failing], test })).tests).toBeUndefined();
    });

    it('keeps the work where it is cancelled while they run', async () => {
      const working = perform({ test: sh('touch started; sleep 300') });
      await vi.waitFor(() => expect(existsSync(join(folder(), 'started'))).toBe(true), { timeout: 20_000 });
      run.abort.abort(new Error('cancelled'));
      await expect(working).rejects.toThrow(
        /^Stopped while "touch started; sleep 300" ran; 1 file changed, kept on branch milton\//,
      );
      expect([taggedProcesses(run.id), existsSync(folder())]).toEqual([[], false]);
      expect(repo.git('show', `milton/${run.id}-add-a-login:login.ts`)).toBe('login.ts');
    });

    it('has them run again after Milton died while they ran', async () => {
      const journal = run.journal;
      const dying = perform({ test: sh('echo one >> ../ran; sleep 300') }).catch(() => {});
      await vi.waitFor(() => expect(existsSync(join(repo.state, 'worktrees/ran'))).toBe(true), { timeout: 20_000 });
      const first = run;
      run = requestOf({}, journal, first.id);
      const agents = [acting(() => expect.unreachable())];
      expect((await perform({ agents, test: sh('echo two >> ../ran') })).tests).toMatchObject({ outcome: 'passed' });
      expect(readFileSync(join(repo.state, 'worktrees/ran'), 'utf8')).toMatch(/^one\n(.*\n)*two\n/);
      // What played the dead one must not go on.
      first.abort.abort();
      await dying;
    });
  });

  describe('that is worked in in place', () => {
    const inPlace = { isolation: 'in-place' } as const;
    const current = () => repo.git('branch', '--show-current');

    it('gets the work on a new branch in its checkout, and stays there', async () => {
      const { changes } = await perform(inPlace);
      expect([current(), changes?.branch, changes?.files.length]).toEqual([
        changes!.branch,
        `milton/${run.id}-add-a-login`,
        1,
      ]);
      expect([readFileSync(join(repo.path, 'login.ts'), 'utf8'), repo.git('status', '--porcelain')]).toEqual([
        'login.ts\n',
        '',
      ]);
      expect([existsSync(folder()), repo.git('rev-parse', 'main')]).toEqual([false, changes!.base]);
    });

    it('is back where it was when nothing was changed', async () => {
      await perform({ ...inPlace, agents: [acting(() => ({}))] });
      expect([current(), repo.git('branch', '--list', 'milton/*')]).toEqual(['main', '']);
    });

    it('is not touched where it holds what is not committed', async () => {
      writeFileSync(join(repo.path, 'README.md'), 'mine\n');
      await expect(perform({ ...inPlace, agents: [acting(() => expect.unreachable())] })).rejects.toMatchObject({
        code: 'DIRTY',
        message: `${repo.path} has 1 uncommitted change, and work in it would be mixed with them.`,
      });
      expect([current(), readFileSync(join(repo.path, 'README.md'), 'utf8')]).toEqual(['main', 'mine\n']);
    });

    it('answers questions from a copy all the same', async () => {
      run = requestOf({ kind: 'RESEARCH' });
      const agents = [acting(({ folder: at }) => ({ text: at }))];
      expect((await perform({ ...inPlace, agents })).text).toBe(folder());
      expect(current()).toBe('main');
    });
  });

  it('tells the agent its own model and permissions', async () => {
    const told: object[] = [];
    const agent = acting((task) => {
      told.push(task);
      return {};
    });
    await perform({ model: 'opus', permissionMode: 'plan', agents: [agent] });
    expect(told).toEqual([expect.objectContaining({ model: 'opus', permissionMode: 'plan' })]);
  });
});
