import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Agent, AgentTask } from '../../../src/pipeline/agent.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import type { SlotValue } from '../../../src/pipeline/slot.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { rehearsal } from '../../../src/plugins/execute/agents/rehearsal.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { Processes } from '../../../src/plugins/execute/process/processes.ts';
import { result } from '../../../src/plugins/slots.ts';
import { acting, requestOf, serving, type Work, write } from '../../support/acting-agent.ts';
import { type FakeRun, hermetic, MemoryLogger, makeAgent, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

describe('execute', () => {
  let repo: GitRepo;

  beforeEach(() => {
    repo = gitRepo();
  });
  afterEach(() => repo[Symbol.dispose]());

  const request = requestOf;
  const services = (agent: Agent) => serving(repo, [agent]);
  async function perform(agent: Agent, run = request(), options = {}, more = {}): Promise<SlotValue<typeof result>> {
    await runStep(execute(options), run, { ...services(agent), ...more });
    return run.get(result);
  }
  const worktree = (run: FakeRun) => join(repo.state, 'worktrees', run.id);
  const branches = () => repo.git('branch', '--format=%(refname:short)').split('\n');
  const onGit = (task: AgentTask, ...args: string[]) => repo.git('-C', task.folder, ...args);

  it('commits what the agent left, on a branch of its own', async () => {
    const run = request();
    const done = await perform(acting(write('login.ts', 'a\nb\n')), run);
    const branch = `milton/${run.id}-add-a-login`;
    expect(done).toEqual({
      ...{
        agent: 'Robot',
        status: 'succeeded',
        text: 'Done.',
        durationMs: 5,
        denials: [],
        rawOutput: join(repo.state, 'agents', `${run.id}.out`),
      },
      changes: {
        ...{ branch, base: repo.git('rev-parse', 'main'), head: repo.git('rev-parse', branch) },
        ...{ commits: 1, files: [{ path: 'login.ts', added: 2, removed: 0 }] },
      },
    });
    expect(repo.git('log', '-1', '--format=%an <%ae>%n%B', branch)).toBe(
      `Tester <tester@example.org>\nAdd a login\n\nMilton-Request: ${run.id}`,
    );
    expect(run.notices).toEqual([
      {
        title: `🔨 [${run.id}] Robot started`,
        body: `app · ${branch} from main (${repo.git('rev-parse', 'main').slice(0, 7)})`,
        kind: 'milestone',
        priority: 2,
      },
    ]);
    // The folder is gone, so that the branch can be checked out.
    expect(existsSync(worktree(run))).toBe(false);
    expect(repo.git('show', `${branch}:login.ts`)).not.toBe('');
    expect(statSync(join(repo.state, 'worktrees')).mode & 0o777).toBe(0o700);
  });

  it('counts the commits of the agent beside its own', async () => {
    const done = await perform(
      acting((task) => {
        writeFileSync(join(task.folder, 'a'), 'a\n');
        onGit(task, 'add', '.');
        onGit(task, 'commit', '-qm', 'a');
        rmSync(join(task.folder, 'README.md'));
        return {};
      }),
    );
    expect(done.changes).toMatchObject({
      commits: 2,
      files: [
        { path: 'README.md', added: 0, removed: 1 },
        { path: 'a', added: 1, removed: 0 },
      ],
    });
  });

  it('signs as Milton where nobody is configured', async () => {
    repo.git('config', '--unset', 'user.name');
    repo.git('config', '--unset', 'user.email');
    const { changes } = await perform(acting(write('a')));
    expect(repo.git('log', '-1', '--format=%an <%ae>', changes!.branch)).toBe('Milton <milton@localhost>');
  });

  it('leaves nothing of a run that changed nothing', async () => {
    const run = request();
    const { changes } = await perform(
      acting(() => ({})),
      run,
    );
    expect(changes).toMatchObject({ commits: 0, files: [] });
    expect([branches(), existsSync(worktree(run)), repo.git('worktree', 'list').split('\n').length]).toEqual([
      ['main'],
      false,
      1,
    ]);
  });

  describe.each(['clean', 'dirty', 'detached', 'in a merge'] as const)('a checkout that is %s', (kind) => {
    it('stays as it is', async () => {
      if (kind === 'dirty') {
        writeFileSync(join(repo.path, 'README.md'), 'mine\n');
        writeFileSync(join(repo.path, 'staged'), 'x');
        repo.git('add', 'staged');
        writeFileSync(join(repo.path, 'login.ts'), 'untracked\n');
      }
      if (kind === 'detached') repo.git('checkout', '-q', '--detach');
      if (kind === 'in a merge') {
        repo.git('checkout', '-qb', 'side');
        repo.git('commit', '-q', '--allow-empty', '-m', 'side');
        repo.git('checkout', '-q', 'main');
        repo.git('merge', '--no-ff', '--no-commit', 'side');
      }
      const index = () => readFileSync(join(repo.path, '.git/index'));
      const state = () => [
        repo.git('status', '--porcelain=v2', '--branch'),
        repo.git('rev-parse', 'HEAD'),
        repo.git('stash', 'list'),
      ];
      const before = [state(), index()];
      const { changes } = await perform(acting(write('login.ts')));
      expect(changes?.files).toHaveLength(1);
      await perform(acting(() => ({})));
      await perform(acting(write('x')), request({ kind: 'RESEARCH' }));
      expect([state(), index()]).toEqual(before);
    });
  });

  it('says what the work starts from, and what of the checkout it does not have', async () => {
    const commit = repo.git('rev-parse', 'main').slice(0, 7);
    const start = async () => {
      const run = request();
      await perform(acting(write('login.ts')), run);
      return run.notices[0]!.body!.replace(/^app · milton\/\S+ from /, '');
    };
    writeFileSync(join(repo.path, 'README.md'), 'mine\n');
    expect(await start()).toBe(`main (${commit}), without 1 uncommitted change`);
    writeFileSync(join(repo.path, 'new.ts'), 'mine\n');
    expect(await start()).toBe(`main (${commit}), without 2 uncommitted changes`);
    repo.git('checkout', '-q', '--detach');
    expect(await start()).toBe(`${commit}, without 2 uncommitted changes`);
  });

  it('lets an agent read on a copy that is thrown away', async () => {
    const run = request({ kind: 'RESEARCH' });
    let seen: AgentTask | undefined;
    const done = await perform(
      acting((task) => {
        seen = task;
        return write('sneaky')(task);
      }),
      run,
    );
    expect(seen).toMatchObject({ access: 'read', folder: worktree(run) });
    expect(done.changes).toBeUndefined();
    expect([branches(), existsSync(worktree(run))]).toEqual([['main'], false]);
    expect(run.notices[0]?.body).toBe(`app · reading only, from main (${repo.git('rev-parse', 'main').slice(0, 7)})`);
  });

  it('is neither blocked nor helped by hooks, signing or a monitor of the repository', async () => {
    const trace = join(repo.root, 'hooked');
    for (const hook of ['pre-commit', 'commit-msg', 'post-checkout', 'post-commit', 'reference-transaction']) {
      const path = join(repo.path, '.git/hooks', hook);
      writeFileSync(path, `#!/bin/sh\necho ${hook} >> ${trace}\nexit 1\n`);
      chmodSync(path, 0o755);
    }
    repo.git('config', 'commit.gpgSign', 'true');
    repo.git('config', 'core.fsmonitor', `touch ${trace};false`);
    const { status, changes } = await perform(acting(write('a')));
    expect([status, changes?.commits, existsSync(trace)]).toEqual(['succeeded', 1, false]);
  });

  it.each<[string, (task: AgentTask) => void]>([
    ['went to another branch', (task) => onGit(task, 'checkout', '-qb', 'elsewhere')],
    ['left its branch', (task) => onGit(task, 'checkout', '-q', '--detach')],
    ['broke the link to the repository', (task) => rmSync(join(task.folder, '.git'))],
    [
      'made a repository of its own',
      (task) => {
        rmSync(join(task.folder, '.git'));
        onGit(task, 'init', '-q');
      },
    ],
    ['left a lock', (task) => writeFileSync(join(onGit(task, 'rev-parse', '--absolute-git-dir'), 'index.lock'), '')],
    [
      'made an empty repository inside',
      (task) => {
        mkdirSync(join(task.folder, 'sub'));
        repo.git('-C', join(task.folder, 'sub'), 'init', '-q');
      },
    ],
    ['went to a branch without a beginning', (task) => onGit(task, 'checkout', '-q', '--orphan', 'new')],
    [
      'went to another branch, committed, and deleted its own',
      (task) => {
        const branch = onGit(task, 'branch', '--show-current');
        onGit(task, 'checkout', '-qb', 'elsewhere');
        onGit(task, 'commit', '-q', '--allow-empty', '-m', 'elsewhere');
        onGit(task, 'branch', '-qD', branch);
      },
    ],
  ])('finds the work of an agent that %s', async (_, stray) => {
    const { status, reason, changes } = await perform(
      acting((task) => {
        writeFileSync(join(task.folder, 'work.txt'), 'work\n');
        stray(task);
        return {};
      }),
    );
    expect({ status, reason }).toEqual({ status: 'succeeded', reason: undefined });
    expect(changes?.branch).toMatch(/^milton\//);
    expect(repo.git('show', `${changes?.branch}:work.txt`)).toBe('work');
    expect(changes?.files.map((each) => each.path)).toEqual(['work.txt']);
  });

  it('says so when the agent deleted its folder with what was in it', async () => {
    const run = request();
    const { status, reason } = await perform(
      acting(({ folder }) => {
        rmSync(folder, { recursive: true });
        return {};
      }),
      run,
    );
    expect({ status, reason }).toEqual({
      status: 'failed',
      reason: `What Robot changed could not be committed. Its folder ${worktree(run)} is gone, and what was not committed with it.`,
    });
    expect(branches()).toEqual(['main', `milton/${run.id}-add-a-login`]);
  });

  it('reports the commits of an agent that deleted its folder afterwards', async () => {
    const { status, changes } = await perform(
      acting((task) => {
        writeFileSync(join(task.folder, 'work.txt'), 'work\n');
        onGit(task, 'add', '.');
        onGit(task, 'commit', '-qm', 'work');
        rmSync(task.folder, { recursive: true });
        return {};
      }),
    );
    expect(status).toBe('succeeded');
    expect(changes).toMatchObject({ commits: 1, files: [{ path: 'work.txt', added: 1, removed: 0 }] });
    // No folder holds the branch any more.
    expect(() => repo.git('checkout', '-q', changes!.branch)).not.toThrow();
  });

  it.each<[string, () => void]>([
    ['moved', () => renameSync(repo.path, join(repo.root, 'elsewhere'))],
    [
      'cloned anew',
      () => {
        renameSync(repo.path, join(repo.root, 'elsewhere'));
        mkdirSync(repo.path);
        repo.git('clone', '-q', join(repo.root, 'elsewhere'), '.');
      },
    ],
    ['emptied of its history', () => renameSync(join(repo.path, '.git'), join(repo.path, 'was-git'))],
  ])('deletes nothing when the repository was %s meanwhile', async (_, happen) => {
    const run = request();
    const agent = acting((task) => {
      writeFileSync(join(task.folder, 'work.txt'), 'work\n');
      happen();
      return {};
    });
    const done = await perform(agent, run);
    expect(done).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining(`could not be committed and is in ${worktree(run)}. `),
    });
    expect(done.reason).toMatch(/moved|cloned anew/);
    expect(readFileSync(join(worktree(run), 'work.txt'), 'utf8')).toBe('work\n');
  });

  it('keeps the folder and says so when git cannot commit', async () => {
    const run = request();
    const done = await perform(
      acting((task) => {
        writeFileSync(join(task.folder, 'work.txt'), 'work\n');
        // Every commit needs a new object, and there is no folder for one.
        rmSync(join(repo.path, '.git/objects'), { recursive: true });
        writeFileSync(join(repo.path, '.git/objects'), '');
        return {};
      }),
      run,
    );
    expect(done).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining(`could not be committed and is in ${worktree(run)}.`),
    });
    expect(readFileSync(join(worktree(run), 'work.txt'), 'utf8')).toBe('work\n');
  });

  it('does everything but run the agent in a dry run', async () => {
    const run = request();
    const agent = acting(() => expect.unreachable());
    const done = await perform(agent, run, { dryRun: true });
    expect(done).toEqual({
      agent: 'Robot',
      status: 'dry-run',
      text: 'Please add a login.',
      durationMs: 0,
      denials: [],
    });
    expect([branches(), existsSync(worktree(run)), run.notices]).toEqual([['main'], false, []]);
    expect((await perform(agent, request(), {}, { variables: { ...hermetic(repo.home), DRY_RUN: true } })).status).toBe(
      'dry-run',
    );
  });

  it('does not start an agent that cannot work', async () => {
    const run = request();
    const agent = acting(() => expect.unreachable(), { check: async () => ['Robot is not installed.', 'And more.'] });
    expect(await perform(agent, run)).toMatchObject({ status: 'failed', reason: 'Robot is not installed.' });
    expect([branches(), existsSync(worktree(run)), run.notices]).toEqual([['main'], false, []]);
    const broken = acting(() => ({}), { check: () => Promise.reject(new Error('no pulse')) });
    expect((await perform(broken)).reason).toContain('no pulse');
  });

  it('says what is wrong with a repository', async () => {
    const agent = acting(() => ({}));
    using empty = gitRepo({ commit: false });
    const at = (path: string) => ({ repositories: [{ name: 'app', path, agent: undefined }] });
    await expect(perform(agent, request(), {}, at(empty.path))).rejects.toThrow(
      'Repository "app" has no commit yet, so there is nothing to start from.',
    );
    await expect(perform(agent, request(), {}, at(join(repo.root, 'gone')))).rejects.toMatchObject({
      message: `Repository "app" is not at ${join(repo.root, 'gone')} any more.`,
      hint: expect.stringContaining('send the request again'),
    });
    await expect(perform(agent, request(), {}, at(repo.home))).rejects.toThrow(/not a git repository/);
    await expect(perform(agent, request(), {}, { variables: { PATH: '/nowhere', HOME: repo.home } })).rejects.toThrow(
      'git is not installed.',
    );
    await expect(perform(agent, request({ agent: 'hal' }))).rejects.toThrow('There is no agent "hal" any more.');
    await expect(perform(agent, request({ repository: 'web' }))).rejects.toThrow(
      'There is no repository "web" any more.',
    );
  });

  it('works on several requests of one repository at once', async () => {
    const runs = Array.from({ length: 6 }, () => request());
    const all = await Promise.all(runs.map((run) => perform(acting(write(`${run.id}.txt`)), run)));
    expect(all.map(({ changes }) => changes?.files.map((each) => each.path))).toEqual(
      runs.map((run) => [`${run.id}.txt`]),
    );
    expect(branches()).toHaveLength(7);
  });

  it('tells now and then what the agent does', async () => {
    let now = 0;
    const clock = { now: () => now };
    const logger = new MemoryLogger();
    const run = request();
    const agent = acting((_, { progress }) => {
      for (const at of [1, 99, 100, 150, 260]) {
        now = at;
        progress(`at ${at}`);
      }
      return {};
    });
    await perform(agent, run, { progressEvery: 100 }, { clock, logger });
    expect(run.notices.slice(1)).toEqual(
      [100, 260].map((at) => ({ title: `⏳ [${run.id}] Robot: at ${at}`, kind: 'progress', priority: 1 })),
    );
    expect(logger.lines.filter((each) => each.startsWith('debug at'))).toHaveLength(5);
    const silent = request();
    await perform(agent, silent, { progressEvery: 0 }, { clock });
    expect(silent.notices).toHaveLength(1);
  });

  describe('when it is stopped', () => {
    const clock = { now: () => 0 };
    const stopped = (run: FakeRun, work: Work) =>
      acting(async (task, context) => {
        await work(task, context);
        run.abort.abort(new Error('cancelled'));
        throw run.abort.signal.reason;
      });

    it('keeps what was done and says where', async () => {
      const run = request();
      await expect(perform(stopped(run, write('half')), run, {}, { clock })).rejects.toMatchObject({
        code: 'AGENT_STOPPED',
        message: `Robot stopped after 0 s; 1 file changed, kept on branch milton/${run.id}-add-a-login.`,
      });
      expect(repo.git('show', `milton/${run.id}-add-a-login:half`)).toBe('half');
    });

    it('leaves nothing where nothing was done', async () => {
      const run = request();
      await expect(
        perform(
          stopped(run, () => ({})),
          run,
          {},
          { clock },
        ),
      ).rejects.toThrow('Robot stopped after 0 s; nothing was changed.');
      expect([branches(), existsSync(worktree(run))]).toEqual([['main'], false]);
    });

    it('says what went wrong when an agent breaks its promise', async () => {
      const agent = acting(() => Promise.reject(new Error('a bug')));
      await expect(perform(agent)).rejects.toThrow('Robot failed: Error: a bug; nothing was changed.');
    });
  });

  describe('after Milton died', () => {
    /** Plays a death at the point where the journal says what it says. */
    async function died(work: Work): Promise<FakeRun> {
      const run = request();
      const never = acting(async (task, context) => {
        await context.note({ pid: 1 });
        await work(task, context);
        return new Promise<never>(() => {});
      });
      perform(never, run).catch(() => {});
      await vi.waitFor(() => expect(run.journal.get('robot')?.note).toBeDefined(), { timeout: 15_000 });
      return run;
    }
    const resumed = (before: FakeRun) => request({}, before.journal, before.id);

    it('keeps the work of an unfinished agent, and does not start it again', async () => {
      const before = await died(write('half'));
      const again = resumed(before);
      const agent = acting(() => expect.unreachable());
      await expect(perform(agent, again)).rejects.toMatchObject({
        code: 'INTERRUPTED',
        message: `Milton stopped while Robot was at work; 1 file changed, kept on branch milton/${before.id}-add-a-login.`,
      });
      expect(repo.git('show', `milton/${before.id}-add-a-login:half`)).toBe('half');
      // Killed in its recovery, it may get there once more.
      await expect(perform(agent, resumed(before))).rejects.toThrow('1 file changed, kept');
    });

    it('says so when nothing was changed', async () => {
      const before = await died(() => ({}));
      for (const _ of [1, 2])
        await expect(
          perform(
            acting(() => ({})),
            resumed(before),
          ),
        ).rejects.toThrow('Milton stopped while Robot was at work; nothing was changed.');
    });

    it('does not take a half removed folder for work', async () => {
      const before = await died(({ folder }) => {
        for (const name of ['a', 'b']) writeFileSync(join(folder, name), name);
        return {};
      });
      const agent = acting(() => expect.unreachable());
      await expect(perform(agent, resumed(before))).rejects.toThrow('2 files changed, kept');
      // What a death in the middle of the removal leaves: the folder under its other name.
      mkdirSync(join(`${worktree(before)}.gone`, 'rest'), { recursive: true });
      await expect(perform(agent, resumed(before))).rejects.toThrow('2 files changed, kept');
      expect(existsSync(`${worktree(before)}.gone`)).toBe(false);
    });

    it('finds the work again when it died between deleting an empty branch and its folder', async () => {
      const before = await died(() => ({}));
      repo.git('update-ref', '-d', `refs/heads/milton/${before.id}-add-a-login`);
      await expect(
        perform(
          acting(() => ({})),
          resumed(before),
        ),
      ).rejects.toThrow('nothing was changed.');
      expect([branches(), existsSync(worktree(before))]).toEqual([['main'], false]);
    });

    it('takes the report of an agent that had finished', async () => {
      const before = await died(write('whole'));
      const recover = vi.fn(
        async () => ({ status: 'succeeded', text: 'Finished.', durationMs: 7, denials: [] }) as const,
      );
      const done = await perform(
        acting(() => expect.unreachable(), { recover }),
        resumed(before),
      );
      expect(done).toMatchObject({ status: 'succeeded', text: 'Finished.', changes: { files: [{ path: 'whole' }] } });
      expect(recover).toHaveBeenCalledWith(expect.objectContaining({ run: before.id, folder: worktree(before) }), {
        pid: 1,
      });
    });

    it('goes on for real where it began so, though dry runs are wanted by now', async () => {
      const before = await died(write('half'));
      const agent = acting(() => expect.unreachable());
      await expect(perform(agent, resumed(before), { dryRun: true })).rejects.toThrow('1 file changed, kept');
      expect(repo.git('show', `milton/${before.id}-add-a-login:half`)).toBe('half');
    });

    it('begins on no branch that has work on it', async () => {
      const first = request();
      await perform(acting(write('a')), first);
      const again = request({}, new Map(), first.id);
      await expect(perform(acting(write('b')), again)).rejects.toMatchObject({ code: 'BRANCH_TAKEN' });
      expect(repo.git('show', `milton/${first.id}-add-a-login:a`)).toBe('a');
    });

    it('takes no folder of a repository that is configured elsewhere by now for one of its own', async () => {
      const before = await died(write('work'));
      using other = gitRepo();
      const agent = acting(() => expect.unreachable(), {
        recover: async () => ({ status: 'succeeded', text: '', durationMs: 1, denials: [] }),
      });
      const repositories = [{ name: 'app', path: other.path, agent: undefined }];
      const done = await perform(agent, resumed(before), {}, { repositories });
      expect(done).toMatchObject({
        status: 'failed',
        reason: expect.stringContaining("the repository's path was changed"),
      });
      expect(readFileSync(join(worktree(before), 'work'), 'utf8')).toBe('work\n');
    });

    it('makes its worktree anew when it died while making it', async () => {
      const first = request();
      repo.git('branch', `milton/${first.id}-add-a-login`);
      mkdirSync(join(worktree(first), 'rubbish'), { recursive: true });
      const again = request({}, new Map(), first.id);
      expect((await perform(acting(write('b')), again)).changes?.files).toEqual([{ path: 'b', added: 1, removed: 0 }]);
    });
  });

  it('rehearses with what stands under the first heading of the prompt', async () => {
    const agent = await makeAgent(rehearsal(), services(acting(() => ({}))));
    const run = request({ agent: 'rehearsal' });
    run.slots.set('prompt', '# Objective\nAdd a login.\n\n# Rules\n- None.\n');
    const { changes } = await perform(agent, run);
    expect(repo.git('show', `${changes?.branch}:REHEARSAL.md`)).toMatch(/^## \d{4}-.*Z\n\nAdd a login\.$/);
  });

  it.each([
    [rehearsal(), 'Rehearsal'],
    [rehearsal({ as: 'rehearsal-two' }), 'Rehearsal (rehearsal-two)'],
    [claude({ bin: 'claude' }), 'Claude Code'],
    [claude({ as: 'claude-fast', bin: 'claude' }), 'Claude Code (claude-fast)'],
  ])('tells two agents of one kind apart', async (part, label) => {
    expect((await makeAgent(part, services(acting(() => ({}))))).label).toBe(label);
  });

  it('runs the rehearsal agent through cancel without leaving a process', async () => {
    const processes = new Processes(new ExecaProcessRunner());
    const run = request({ agent: 'rehearsal' });
    const agent = await makeAgent(rehearsal({ act: 'hang' }), services(acting(() => ({}))));
    const working = perform(agent, run);
    await vi.waitFor(async () => expect((await processes.ofRun(undefined, run.id)).length).toBeGreaterThan(2), {
      timeout: 15_000,
    });
    run.abort.abort(new Error('cancelled'));
    await expect(working).rejects.toThrow(/^Rehearsal stopped after [\d.]+ s; 1 file changed, kept on branch/);
    expect(await processes.ofRun(undefined, run.id)).toEqual([]);
  });
});
