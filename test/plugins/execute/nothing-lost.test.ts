import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent, AgentTask } from '../../../src/pipeline/agent.ts';
import type { RepositoryCommand } from '../../../src/pipeline/services.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { type Asked, acting, requestOf, resultOf, serving, write } from '../../support/acting-agent.ts';
import { type FakeRun, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const sh = (line: string): RepositoryCommand => ({ line, argv: ['sh', '-c', line] });

describe('no work is lost, and none is made up', () => {
  let repo: GitRepo;
  let run: FakeRun;
  beforeEach(() => {
    repo = gitRepo();
    run = requestOf();
  });
  afterEach(() => repo[Symbol.dispose]());

  const perform = async (agents: readonly Agent[], { options = {}, ...settings }: Asked = {}) => {
    await runStep(execute(options), run, serving(repo, agents, settings));
    return resultOf(run);
  };
  const folder = () => join(repo.state, 'worktrees', run.id);
  const onGit = (task: AgentTask, ...args: string[]) => repo.git('-C', task.folder, ...args);
  const current = () => repo.git('branch', '--show-current');

  /** A repository inside the agent's folder, with a file and, where wanted, a commit. */
  const nested = (task: AgentTask, commit: boolean) => {
    mkdirSync(join(task.folder, 'sub'));
    const inside = (...args: string[]) => repo.git('-C', join(task.folder, 'sub'), ...args);
    inside('init', '-q');
    writeFileSync(join(task.folder, 'sub/inner.ts'), 'inner\n');
    if (!commit) return;
    inside('config', 'user.name', 'x');
    inside('config', 'user.email', 'x@example.org');
    inside('add', '.');
    inside('commit', '-qm', 'inner');
  };

  describe.each<[string, (task: AgentTask) => void]>([
    ['a repository inside without a commit', (task) => nested(task, false)],
    ['a repository inside with a commit', (task) => nested(task, true)],
    [
      'a filter that is missing',
      (task) => {
        repo.git('config', 'filter.lfs.clean', 'no-such-filter');
        repo.git('config', 'filter.lfs.required', 'true');
        writeFileSync(join(task.folder, '.gitattributes'), '*.ts filter=lfs\n');
        writeFileSync(join(task.folder, 'big.ts'), 'big\n');
      },
    ],
    [
      'line ends that git refuses',
      (task) => {
        repo.git('config', 'core.autocrlf', 'input');
        repo.git('config', 'core.safecrlf', 'true');
        writeFileSync(join(task.folder, 'dos.ts'), 'one\r\ntwo\n');
      },
    ],
  ])('with %s', (_, act) => {
    it('keeps the folder, and says why', async () => {
      const done = await perform([
        acting((task) => {
          act(task);
          return {};
        }),
      ]);
      expect(done.changes?.left).toEqual({ folder: folder(), why: expect.stringMatching(/\w/) });
      expect(existsSync(folder())).toBe(true);
    });

    it('keeps it as well where the agent is stopped', async () => {
      const stopped = acting((task) => {
        act(task);
        run.abort.abort(new Error('cancelled'));
        throw run.abort.signal.reason;
      });
      await expect(perform([stopped])).rejects.toThrow(`what it changed is in ${folder()}, since `);
      expect(existsSync(folder())).toBe(true);
    });
  });

  it('takes nothing for work that a killed sandbox has left, and removes no file of anybody', async () => {
    writeFileSync(join(repo.path, '.gitmodules'), '');
    repo.git('add', '.');
    repo.git('commit', '-qm', 'Empty');
    const lock = join(repo.path, '.git/config.lock');
    const agent = acting((task) => {
      for (const name of ['.bashrc', '.mcp.json', '.vscode', 'empty']) writeFileSync(join(task.folder, name), '');
      mkdirSync(join(task.folder, '.claude'));
      writeFileSync(join(task.folder, '.claude/settings.json'), '');
      writeFileSync(join(task.folder, '.claude/notes.md'), 'mine\n');
      writeFileSync(lock, '');
      utimesSync(lock, 1, 1);
      return {};
    });
    const { changes } = await perform([agent]);
    expect(changes?.files.map(({ path }) => path)).toEqual(['.claude/notes.md', 'empty']);
    expect(existsSync(lock)).toBe(false);
  });

  it('never commits what was lent to the agent, whatever it makes of .gitignore', async () => {
    writeFileSync(join(repo.path, '.gitignore'), '.env.test\nkeys/\n');
    repo.git('add', '.');
    repo.git('commit', '-qm', 'ignore');
    writeFileSync(join(repo.path, '.env.test'), 'SECRET=1\n');
    mkdirSync(join(repo.path, 'keys'));
    writeFileSync(join(repo.path, 'keys/a'), 'SECRET');
    const agent = acting((task) => {
      writeFileSync(join(task.folder, '.gitignore'), 'dist\n');
      return {};
    });
    const { changes } = await perform([agent], { copy: ['.env.test', 'keys'] });
    expect(changes?.files.map(({ path }) => path)).toEqual(['.gitignore']);
    expect([changes?.left, existsSync(folder())]).toEqual([undefined, false]);
  });

  it('takes nothing that prepare made for the work of the agent', async () => {
    const agent = acting(() => expect.unreachable());
    const done = await perform([agent], { prepare: sh('echo lock > lock.json; mkdir made; touch made/a') });
    expect(done).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining(
        'makes what git does not ignore, so that it would be committed: lock.json, made/.',
      ),
    });
    run = requestOf();
    const staged = await perform([acting(() => ({}))], { prepare: sh('echo touched > README.md; git add README.md') });
    expect(staged.changes?.files).toEqual([]);
  });

  it('gives the settings of a repository to its own agent alone', async () => {
    const told: (string | undefined)[] = [];
    const telling = (name: string) =>
      acting(
        (task) => {
          told.push(task.model);
          return {};
        },
        { name },
      );
    const agents = [telling('robot'), telling('other')];
    await perform(agents, { model: 'opus' });
    run = requestOf({ agent: 'other' });
    await perform(agents, { model: 'opus' });
    run = requestOf({ agent: 'other' });
    const repositories = [{ name: 'app', path: repo.path, agent: 'other', model: 'opus' }];
    await runStep(execute(), run, { ...serving(repo, agents), repositories });
    expect(told).toEqual(['opus', undefined, 'opus']);
  });

  describe('in the checkout itself', () => {
    const inPlace = { isolation: 'in-place' } as const;

    it('leaves everything alone where the person has gone to another branch meanwhile', async () => {
      const agent = acting((task) => {
        write('half')(task);
        onGit(task, 'stash', '-uq');
        onGit(task, 'switch', '-qc', 'feature', 'main');
        writeFileSync(join(task.folder, 'mine'), 'mine\n');
        return {};
      });
      const done = await perform([agent], inPlace);
      expect(done).toMatchObject({
        status: 'failed',
        reason: expect.stringContaining('The checkout is on feature now'),
      });
      expect([current(), readFileSync(join(repo.path, 'mine'), 'utf8')]).toEqual(['feature', 'mine\n']);
      expect(repo.git('log', '--oneline', 'main..feature')).toBe('');
    });

    it('takes no lock away, since it may be the person’s', async () => {
      const lock = join(repo.path, '.git/index.lock');
      const agent = acting((task) => {
        writeFileSync(lock, '');
        return write('a')(task);
      });
      const { changes } = await perform([agent], inPlace);
      expect([changes?.left?.folder, existsSync(lock)]).toEqual([repo.path, true]);
      rmSync(lock);
    });

    it('is back where it was after a cancel before the agent began, and after a failure; the work stays on its branch', async () => {
      const slow = acting(() => expect.unreachable(), {
        check: async () => {
          run.abort.abort(new Error('cancelled'));
          return [];
        },
      });
      await expect(perform([slow], inPlace)).rejects.toThrow();
      expect(current()).toBe('main');
      run = requestOf();
      const failing = acting((task) => ({ ...write('half')(task), status: 'failed', reason: 'No.' }));
      const { changes } = await perform([failing], inPlace);
      expect([current(), existsSync(join(repo.path, 'half'))]).toEqual(['main', false]);
      expect(repo.git('show', `${changes!.branch}:half`)).toBe('half');
    });

    it('lets a second agent begin where the first one did', async () => {
      const first = acting((task) => ({ ...write('half')(task), status: 'failed', cause: 'limit', reason: 'Limit.' }));
      const second = { ...acting(write('whole')), name: 'codex', label: 'Codex' };
      const { changes, after } = await perform([first, second], inPlace);
      expect(changes?.files.map(({ path }) => path)).toEqual(['whole']);
      expect([changes?.base, current()]).toEqual([repo.git('rev-parse', 'main'), changes?.branch]);
      expect(repo.git('show', `${after!.branch}:half`)).toBe('half');
    });
  });
});
