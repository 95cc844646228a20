import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pruneWorktrees } from '../../../src/cli/runs/prune-worktrees.ts';
import type { AgentTask } from '../../../src/pipeline/agent.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import type { RepositoryCommand } from '../../../src/pipeline/services.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { Git } from '../../../src/plugins/execute/git/git.ts';
import { runBranches } from '../../../src/plugins/execute/git/run-branches.ts';
import { Worktrees } from '../../../src/plugins/execute/git/worktree.ts';
import { type Asked, acting, requestOf, resultOf, serving, write } from '../../support/acting-agent.ts';
import { hermetic, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const sh = (line: string): RepositoryCommand => ({ line, argv: ['sh', '-c', line] });

/** Every setting of a repository by which git starts a program. */
const SETTINGS = [
  ...['core.fsmonitor', 'core.sshCommand', 'core.pager', 'core.editor', 'core.askPass', 'core.alternateRefsCommand'],
  ...['diff.external', 'diff.evil.command', 'diff.evil.textconv', 'merge.evil.driver', 'gpg.program', 'pager.log'],
  ...[
    'filter.evil.clean',
    'filter.evil.smudge',
    'filter.e=vil.clean',
    'hook.evil.command',
    'sequence.editor',
    'interactive.diffFilter',
  ],
];
const SWITCHES = {
  'commit.gpgSign': 'true',
  'log.showSignature': 'true',
  'gc.auto': '1',
  'submodule.recurse': 'true',
  'status.submoduleSummary': 'true',
  'diff.ignoreSubmodules': 'none',
  'hook.evil.event': 'reference-transaction',
  'alias.status': '!false',
};
const HOOKS = [
  ...['pre-commit', 'prepare-commit-msg', 'commit-msg', 'post-commit', 'post-checkout', 'reference-transaction'],
  ...['pre-auto-gc', 'post-index-change', 'fsmonitor-watchman', 'pre-applypatch', 'post-merge', 'post-rewrite'],
];
const ATTRIBUTES = '* filter=evil diff=evil merge=evil\n*.ts filter=e=vil\n';

describe('T7: no git call of Milton starts a program that a repository names', () => {
  let repo: GitRepo;
  beforeEach(() => {
    repo = gitRepo();
  });
  afterEach(() => repo[Symbol.dispose]());

  /** What has been started so far. */
  const started = () => (existsSync(marker()) ? readFileSync(marker(), 'utf8') : '');
  const marker = () => join(repo.root, 'started');
  /** A program that notes its name and does nothing else. */
  function program(name: string, folder = repo.root): string {
    const path = join(folder, name);
    writeFileSync(path, `#!/bin/sh\necho ${name} >> ${marker()}\ncat 2>/dev/null\n`);
    chmodSync(path, 0o755);
    return path;
  }
  /** Makes a repository hostile; its settings lead to programs that leave a mark. */
  function corrupt(gitDir: string, more: Readonly<Record<string, string>> = {}): void {
    const programs = SETTINGS.map((name) => [name, program(`${name}.sh`)]);
    const lines = [...programs, ...Object.entries({ ...SWITCHES, ...more })].map(([name = '', value]) => {
      const [, section, subsection, key] = /^(\w+)\.(?:(.+)\.)?(\w+)$/.exec(name) ?? [];
      return `[${section}${subsection ? ` "${subsection}"` : ''}]\n\t${key} = "${value}"\n`;
    });
    appendFileSync(join(gitDir, 'config'), lines.join(''));
    mkdirSync(join(gitDir, 'hooks'), { recursive: true });
    for (const name of HOOKS) program(name, join(gitDir, 'hooks'));
    writeFileSync(join(gitDir, 'info/attributes'), ATTRIBUTES);
  }
  const perform = async (act: (task: AgentTask) => void, { options = {}, ...settings }: Asked = {}, kind = 'CODE') => {
    const run = requestOf({ kind: kind as 'CODE' });
    const agent = acting((task) => {
      act(task);
      return {};
    });
    await runStep(execute(options), run, serving(repo, [agent], settings));
    return { ...resultOf(run), run: run.id };
  };

  describe('with hostile settings, hooks and attributes', () => {
    beforeEach(() => {
      writeFileSync(join(repo.path, '.gitattributes'), ATTRIBUTES);
      repo.git('add', '.');
      repo.git('commit', '-qm', 'Attributes');
      corrupt(join(repo.path, '.git'));
      // What changed only its time is looked into again.
      utimesSync(join(repo.path, 'README.md'), 1, 1);
      rmSync(marker(), { force: true });
    });

    it.each<[string, Asked, string?]>([
      ['work, and tests that fail', { copy: ['.env'], prepare: sh('true'), test: sh('exit 1') }],
      ['work in place', { isolation: 'in-place', test: sh('exit 1') }],
      ['a question', {}, 'RESEARCH'],
    ])('%s', async (_, asked, kind) => {
      const done = await perform((task) => kind ?? write('login.ts')(task), asked, kind);
      expect([done.status, done.reason, started()]).toEqual(['succeeded', undefined, '']);
      if (!kind) expect(done.changes?.files).toEqual([{ path: 'login.ts', added: 1, removed: 0 }]);
    });

    it('a look at what is on the branch', async () => {
      const { run, changes } = await perform(write('login.ts'));
      const git = new Git(new ExecaProcessRunner(), repo.path, hermetic(repo.home));
      const [branch] = await runBranches(git, { run, lines: true }, AbortSignal.timeout(20_000));
      expect([branch?.branch, branch?.patch?.includes('login.ts'), started()]).toEqual([changes?.branch, true, '']);
    });
  });

  it('but the filters of the person count', async () => {
    repo.git('config', '--global', 'filter.loud.clean', "tr 'a-z' 'A-Z'");
    repo.git('config', 'filter.loud.clean', program('clean.sh'));
    const done = await perform((task) => {
      writeFileSync(join(task.folder, '.gitattributes'), '*.ts filter=loud\n');
      write('login.ts')(task);
    });
    expect([repo.git('show', `${done.changes?.branch}:login.ts`), started()]).toEqual(['LOGIN.TS', '']);
  });

  it('and what needs a filter that does not count is not committed without it', async () => {
    repo.git('config', 'filter.crypt.clean', program('clean.sh'));
    repo.git('config', 'filter.crypt.required', 'true');
    const done = await perform((task) => {
      writeFileSync(join(task.folder, '.gitattributes'), '*.ts filter=crypt\n');
      write('login.ts')(task);
    });
    expect([done.changes?.left?.why, started()]).toEqual(["login.ts: clean filter 'crypt' failed", '']);
  });

  it('a repository that the agent makes inside', async () => {
    const done = await perform((task) => {
      const inside = join(task.folder, 'inside');
      mkdirSync(inside);
      const git = (...args: string[]) => repo.git('-C', inside, '-c', 'user.name=x', '-c', 'user.email=x@y', ...args);
      git('init', '-q');
      writeFileSync(join(inside, 'file'), 'one\n');
      git('add', '.');
      git('commit', '-qm', 'One');
      writeFileSync(join(inside, '.gitattributes'), ATTRIBUTES);
      corrupt(join(inside, '.git'));
      writeFileSync(join(inside, 'file'), 'two\n');
      rmSync(marker(), { force: true });
    });
    expect([started(), done.changes?.left?.why]).toEqual(['', 'inside is a repository of its own']);
  });

  it.each([
    ['changed', 'inside is a repository of its own, which is not looked into'],
    ['as it was', 'inside is a repository of its own, which is not looked into'],
  ])('a submodule, %s', async (how, left) => {
    const submodule = join(repo.path, 'inside');
    const inside = (folder: string, ...args: string[]) =>
      repo.git('-C', folder, '-c', 'user.name=x', '-c', 'user.email=x@y', ...args);
    mkdirSync(submodule);
    inside(submodule, 'init', '-q');
    writeFileSync(join(submodule, 'file'), 'one\n');
    inside(submodule, 'add', '.');
    inside(submodule, 'commit', '-qm', 'One');
    writeFileSync(join(repo.path, '.gitmodules'), '[submodule "s"]\n\tpath = inside\n\turl = ./s\n\tignore = none\n');
    repo.git('-c', 'advice.addEmbeddedRepo=false', 'add', '.');
    repo.git('commit', '-qm', 'Submodule');
    const done = await perform((task) => {
      const copy = join(task.folder, 'inside');
      repo.git('clone', '-q', submodule, copy);
      corrupt(join(copy, '.git'));
      utimesSync(join(copy, 'file'), 1, 1);
      if (how === 'changed') writeFileSync(join(copy, 'file'), 'two\n');
      write('login.ts')(task);
      rmSync(marker(), { force: true });
    });
    expect(done.changes?.files).toEqual([{ path: 'login.ts', added: 1, removed: 0 }]);
    expect([started(), done.changes?.left?.why]).toEqual(['', left]);
  });

  it('git data of its own that the agent puts in the place of what the folder has', async () => {
    let folder = '';
    const done = await perform(
      (task) => {
        ({ folder } = task);
        const own = join(repo.root, 'own.git');
        repo.git('clone', '-q', '--bare', repo.path, own);
        corrupt(own, { 'core.bare': 'false' });
        write('login.ts')(task);
        writeFileSync(join(task.folder, '.git'), `gitdir: ${own}\n`);
        rmSync(marker(), { force: true });
      },
      { test: sh('exit 1') },
    );
    expect(done.changes?.files).toEqual([{ path: 'login.ts', added: 1, removed: 0 }]);
    expect([started(), existsSync(folder)]).toEqual(['', false]);
  });

  /** Git data that names nothing but a program to fetch what it lacks. */
  function fetching(gitDir: string, url: string): void {
    for (const name of ['objects', 'refs']) mkdirSync(join(gitDir, name), { recursive: true });
    writeFileSync(join(gitDir, 'HEAD'), `${'1'.repeat(40)}\n`);
    const fetcher = program('fetch.sh');
    // It ends at once: git waits for it.
    writeFileSync(fetcher, `#!/bin/sh\necho fetch.sh >> ${marker()}\nexit 1\n`);
    const remote = `[remote "o"]\n\turl = ${url}\n\tpromisor = true\n\tuploadpack = ${fetcher}\n`;
    const core = '[core]\n\trepositoryformatversion = 1\n\tbare = false\n[extensions]\n\tpartialClone = o\n';
    writeFileSync(join(gitDir, 'config'), core + remote);
  }
  const nest = (folder: string) => {
    const inside = join(folder, 'inside');
    repo.git('init', '-q', inside);
    repo.git('-C', inside, '-c', 'user.name=x', '-c', 'user.email=x@y', 'commit', '-q', '--allow-empty', '-m', 'One');
  };

  it('a fetch of what a repository says that it lacks', async () => {
    const own = join(repo.root, 'own');
    mkdirSync(own);
    fetching(join(own, '.git'), own);
    // Without what Milton adds, it is started.
    expect(() => repo.git('-C', own, 'status')).toThrow();
    expect(started()).toContain('fetch.sh');
    rmSync(marker());
    const git = new Git(new ExecaProcessRunner(), own, hermetic(repo.home));
    for (const command of [['status'], ['log'], ['diff', 'HEAD'], ['add', '--all']]) {
      await git.try(...command);
    }
    expect(started()).toBe('');
  });

  it('settings that are too long to be read whole', async () => {
    const long = `[filter "a"]\n\tclean = ${'x'.repeat(17 * 1024 * 1024)}\n`;
    appendFileSync(join(repo.path, '.git/config'), `${long}[filter "evil"]\n\tclean = ${program('clean.sh')}\n`);
    writeFileSync(join(repo.path, '.gitattributes'), ATTRIBUTES);
    const git = new Git(new ExecaProcessRunner(), repo.path, hermetic(repo.home));
    await expect(git.try('add', '--all')).rejects.toThrow('could not be read');
    expect(started()).toBe('');
  });

  it('a submodule whose link the agent leads to git data of its own', async () => {
    nest(repo.path);
    repo.git('-c', 'advice.addEmbeddedRepo=false', 'add', '.');
    repo.git('commit', '-qm', 'Submodule');
    const done = await perform((task) => {
      fetching(join(task.folder, 'data'), task.folder);
      writeFileSync(join(task.folder, 'inside/.git'), 'gitdir: ../data\n');
    });
    expect([done.changes?.left?.why, started()]).toEqual([
      'inside is a repository of its own, which is not looked into',
      '',
    ]);
  });

  describe('a folder that was left, and that a request goes on in, whose link to its git data', () => {
    it.each<[string, (folder: string) => void]>([
      ['is a folder now', (folder) => fetching(join(folder, '.git'), folder)],
      [
        "leads to the person's checkout",
        (folder) => writeFileSync(join(folder, '.git'), `gitdir: ${repo.path}/.git\n`),
      ],
      ['is gone', () => undefined],
    ])('%s', async (_, replace) => {
      const worktrees = new Worktrees(new Git(new ExecaProcessRunner(), repo.path, hermetic(repo.home)), {
        ...{ name: 'app', path: repo.path, agent: undefined },
      });
      const before = await worktrees.open(join(repo.state, 'worktrees/req_abcdef'), 'milton/req_abcdef');
      const { folder, gitDir } = before;
      const link = readFileSync(join(folder, '.git'), 'utf8');
      rmSync(join(folder, '.git'));
      replace(folder);
      const again = await worktrees.reopen(folder, 'milton/req_abcdef', true);
      expect([again.gitDir, readFileSync(join(folder, '.git'), 'utf8')]).toEqual([gitDir, link]);
      writeFileSync(join(folder, 'login.ts'), 'one\n');
      const done = await worktrees.finish(again, 'Work');
      expect([done?.files.map(({ path }) => path), done?.left]).toEqual([['login.ts'], undefined]);
      expect([repo.git('symbolic-ref', 'HEAD'), repo.git('status', '--porcelain')]).toEqual(['refs/heads/main', '']);
      expect(started()).toBe('');
    });

    it('never had any', async () => {
      const worktrees = new Worktrees(new Git(new ExecaProcessRunner(), repo.path, hermetic(repo.home)), {
        ...{ name: 'app', path: repo.path, agent: undefined },
      });
      const folder = join(repo.state, 'worktrees/req_abcdef');
      repo.git('branch', 'milton/req_abcdef');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, '.git'), `gitdir: ${repo.path}/.git\n`);
      await expect(worktrees.reopen(folder, 'milton/req_abcdef', true)).rejects.toThrow('knows of no worktree in');
      const main = { folder, gitDir: join(repo.path, '.git'), base: repo.git('rev-parse', 'HEAD') };
      await expect(worktrees.finish({ ...main, branch: 'milton/req_abcdef' }, 'Work')).rejects.toThrow('not belong');
      expect(repo.git('symbolic-ref', 'HEAD')).toBe('refs/heads/main');
    });
  });

  it('the cleaning up of a folder that was left, with git data of its own', async () => {
    const left = join(repo.state, 'worktrees/req_abcdef');
    repo.git('worktree', 'add', '-q', '-b', 'milton/req_abcdef', left);
    rmSync(join(left, '.git'));
    fetching(join(left, '.git'), left);
    const { kept } = await pruneWorktrees(
      join(repo.state, 'worktrees'),
      Date.now() + 60_000,
      [repo],
      async () => false,
    );
    expect([kept, started()]).toEqual([[left], '']);
  });

  it('the cleaning up of a folder that was left', async () => {
    const own = join(repo.root, 'own.git');
    const left = join(repo.state, 'worktrees/req_abcdef');
    repo.git('worktree', 'add', '-q', '--detach', left);
    repo.git('clone', '-q', '--bare', repo.path, own);
    corrupt(own, { 'core.bare': 'false' });
    writeFileSync(join(left, '.git'), `gitdir: ${own}\n`);
    rmSync(marker(), { force: true });
    await pruneWorktrees(join(repo.state, 'worktrees'), Date.now() + 60_000, [repo], async () => false);
    expect(started()).toBe('');
  });
});
