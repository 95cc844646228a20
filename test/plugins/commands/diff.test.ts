import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../../src/pipeline/agent.ts';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { ProcessRunner } from '../../../src/pipeline/services.ts';
import type { SlotValue } from '../../../src/pipeline/slot.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { commands } from '../../../src/plugins/commands/commands.ts';
import { dedupe } from '../../../src/plugins/dedupe.ts';
import { result } from '../../../src/plugins/slots.ts';
import { type Trial, trial } from '../../../src/testing/trial.ts';
import { hermetic } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const README = /^\+?An app\.$/m;

describe('DIFF', () => {
  let repo: GitRepo;
  let t: Trial;
  let id: string;
  /** What the request measures at its end. */
  let changes: SlotValue<typeof result>['changes'];

  beforeEach(async () => {
    repo = gitRepo();
    changes = undefined;
  });
  afterEach(async () => {
    await t.stop();
    repo[Symbol.dispose]();
  });

  const measured = definePlugin({
    name: 'measured',
    where: 'work',
    provides: [result],
    setup: () => async (run, next) => {
      const some = changes && { changes };
      if (some) run.set(result, { agent: 'Robot', status: 'succeeded', text: '', durationMs: 1, denials: [], ...some });
      await next();
    },
  });
  function commit(name: string, text = `${name}\n`) {
    writeFileSync(join(repo.path, name), text);
    repo.git('add', '--all');
    repo.git('commit', '-qm', name);
    return repo.git('rev-parse', 'HEAD');
  }
  /** A `git` that takes its time to compare. */
  function slowGit() {
    const bin = join(repo.root, 'bin');
    mkdirSync(bin);
    const script = `#!/bin/sh\ncase "$*" in *no-textconv*) sleep 50;; esac\nPATH='${process.env.PATH}' exec git "$@"\n`;
    writeFileSync(join(bin, 'git'), script, { mode: 0o755 });
    return `${bin}:${process.env.PATH}`;
  }

  /** Milton after one request whose work is on a branch of these files. */
  async function start(files: Readonly<Record<string, string>>, options = {}, suffix = '-login', path?: string) {
    // A busy machine takes its time for git, too.
    const timeout = path === undefined ? 40_000 : 2_000;
    t = await trial(
      [
        dedupe(),
        classify(),
        commands({ timeout, ...options }),
        queue(),
        measured(),
        (run) => run.conclude({ outcome: 'done', notice: { title: 'did it' } }),
      ],
      {
        repositories: [{ name: 'app', path: repo.path, agent: undefined }],
        agents: [{ name: 'claude' } as Agent],
        variables: { ...hermetic(repo.home), ...(path === undefined ? {} : { PATH: path }) },
        services: [bind(ProcessRunner, () => new ExecaProcessRunner())],
      },
    );
    t.send('CODE: add a login');
    await t.idle();
    [{ id } = { id: '' }] = await t.jobs();
    if (Object.keys(files).length === 0) return;
    repo.git('switch', '-qc', `milton/${id}${suffix}`);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(repo.path, name), text);
    repo.git('add', '--all');
    repo.git('commit', '-qm', 'work');
    repo.git('switch', '-q', 'main');
  }
  async function ask(text: string) {
    const before = t.notices.length;
    t.send(text);
    await expect.poll(() => t.notices.length, { timeout: 40_000 }).toBeGreaterThan(before);
    return t.notices[before]!;
  }

  it('shows what is on the branch, file by file and line by line', async () => {
    await start({ 'login.ts': 'one\ntwo\n' });
    const { title, body, kind } = await ask('diff last');
    expect([title, kind]).toEqual([`${id}: 1 file +2 −0`, 'reply']);
    expect(body).toContain(`add a login\n\nmilton/${id}-login\n  login.ts +2 −0\n\ndiff --git a/login.ts b/login.ts\n`);
    expect(body).toMatch(/\n\+one\n\+two$/);
    // What happened on main meanwhile is not the request's.
    repo.git('commit', '-q', '--allow-empty', '-m', 'more');
    expect((await ask(`DIFF ${id}`)).body).toBe(body);
  });

  it('T4: sends no lines where it may not', async () => {
    await start({ 'login.ts': 'secret\n' }, { diffLines: false });
    const { body } = await ask('DIFF last');
    expect(body).toBe(`add a login\n\nmilton/${id}-login\n  login.ts +1 −0`);
  });

  it('cuts what is too long for a phone, and says so', async () => {
    await start({ 'big.txt': 'a line of text\n'.repeat(5_000) });
    const { body } = await ask('DIFF last');
    expect(body!.length).toBeLessThan(11_000);
    expect(body).toMatch(/\n… \(cut; the rest is on the branch\)$/);
  });

  it('says when there is nothing, and which requests there are', async () => {
    await start({});
    expect(await ask('DIFF last')).toMatchObject({
      title: `${id} has no branch`,
      body: expect.stringContaining('or the branch is gone'),
    });
    expect((await ask('DIFF')).body).toContain(`Send DIFF ${id.replace('req_', '')}`);
    expect((await ask('DIFF k4m2xa')).title).toBe('No request "k4m2xa"');
  });

  describe('of a request that has no result', () => {
    beforeEach(() => start({ 'login.ts': 'one\n' }));
    const shown = async () => {
      const { title, body } = await ask('DIFF last');
      expect(title).toBe(`${id}: 1 file +1 −0`);
      expect(body).toContain(`milton/${id}-login\n  login.ts +1 −0\n\ndiff --git`);
    };

    it('shows a branch that is checked out', async () => {
      repo.git('switch', '-q', `milton/${id}-login`);
      await shown();
    });
    it('shows a branch that is merged', async () => {
      repo.git('merge', '-q', '--ff-only', `milton/${id}-login`);
      await shown();
    });
    it('shows nothing of others where something else is checked out', async () => {
      repo.git('branch', 'old');
      repo.git('switch', '-q', `milton/${id}-login`);
      repo.git('switch', '-qc', 'unrelated', 'main');
      commit('other.ts');
      repo.git('switch', '-q', '--orphan', 'empty');
      repo.git('commit', '-q', '--allow-empty', '-m', 'nothing in common');
      await shown();
    });
    it('is not led astray by a tag of the same name', async () => {
      repo.git('tag', `milton/${id}-login`, 'main');
      await shown();
    });
    it('manages without what git records of the branch', async () => {
      rmSync(join(repo.path, '.git/logs'), { recursive: true });
      await shown();
      repo.git('switch', '-q', `milton/${id}-login`);
      rmSync(join(repo.path, '.git/logs'), { recursive: true, force: true });
      await shown();
    });
    it('shows all of a branch that has nothing in common with any other', async () => {
      repo.git('switch', '-q', '--orphan', 'fresh');
      commit('new.ts');
      repo.git('branch', '-qM', `milton/${id}-login`);
      repo.git('switch', '-q', 'main');
      rmSync(join(repo.path, '.git/logs'), { recursive: true });
      const { title, body } = await ask('DIFF last');
      expect(title).toBe(`${id}: 1 file +1 −0`);
      expect(body).toContain('  new.ts +1 −0');
      expect(body).not.toMatch(README);
    });
  });

  describe('of a request that has measured what it did', () => {
    it('shows that, whatever became of the branch', async () => {
      const base = repo.git('rev-parse', 'HEAD');
      repo.git('switch', '-qc', 'milton/req-login');
      const head = commit('login.ts', 'one\n');
      const files = [{ path: 'login.ts', added: 1, removed: 0 }];
      changes = { branch: 'milton/req-login', base, head, commits: 1, files };
      await start({});
      const body = expect.stringMatching(/\n\nmilton\/req-login\n {2}login\.ts \+1 −0\n\ndiff --git.*\n\+one$/s);
      expect(await ask('DIFF last')).toMatchObject({ title: `${id}: 1 file +1 −0`, body });
      commit('later.ts');
      expect(await ask('DIFF last')).toMatchObject({ title: `${id}: 1 file +1 −0`, body });
      repo.git('switch', '-q', 'main');
      repo.git('merge', '-q', 'milton/req-login');
      repo.git('branch', '-qd', 'milton/req-login');
      expect((await ask('DIFF last')).body).toMatch(/\(the branch is gone\)\n {2}login\.ts \+1 −0\n\ndiff --git/);
    });

    it('shows the files where the commits are gone', async () => {
      const files = [{ path: 'login.ts', added: 1, removed: 0 }];
      changes = { branch: 'milton/x', base: '1'.repeat(40), head: '2'.repeat(40), commits: 1, files };
      await start({});
      const { title, body } = await ask('DIFF last');
      expect(title).toBe(`${id}: 1 file +1 −0`);
      expect(body).toMatch(/ {2}login\.ts \+1 −0\n… \(cannot be shown: git diff failed/);
    });
  });

  describe('where git is slow', () => {
    const quickly = async () => {
      const began = Date.now();
      const answer = await ask('DIFF last');
      expect(Date.now() - began).toBeLessThan(30_000);
      return answer;
    };

    it('names the files that were measured', async () => {
      const head = repo.git('rev-parse', 'HEAD');
      repo.git('branch', 'milton/x');
      const files = [{ path: 'login.ts', added: 1, removed: 0 }];
      changes = { branch: 'milton/x', base: '1'.repeat(40), head, commits: 1, files };
      await start({}, {}, '', slowGit());
      const { title, body } = await quickly();
      expect(title).toBe(`${id}: 1 file +1 −0`);
      expect(body).toMatch(/milton\/x\n {2}login\.ts \+1 −0\n… \(not shown in time; it is on the branch\)$/);
    });

    it('names the branch', async () => {
      await start({ 'login.ts': 'one\n' }, {}, '-login', slowGit());
      const { title, body } = await quickly();
      expect(title).toBe(`${id}: more than can be shown`);
      expect(body).toBe(`add a login\n\nmilton/${id}-login\n… (not shown in time; it is on the branch)`);
    });
  });

  it('says why where git cannot tell', async () => {
    await start({ 'login.ts': 'one\n' });
    rmSync(join(repo.path, '.git'), { recursive: true });
    const { title, body } = await ask('DIFF last');
    expect(title).toBe(`${id} cannot be shown`);
    expect(body).toMatch(/^add a login\ngit for-each-ref failed in /);
  });

  it('is no command where it begins a sentence', async () => {
    await start({});
    t.send('diff view should show whitespace in a lighter colour');
    await t.idle();
    expect(await t.jobs()).toHaveLength(2);
  });

  it('tells apart requests whose ids begin alike', async () => {
    await start({ 'login.ts': 'x\n' }, {}, 'x-other');
    expect((await ask('DIFF last')).title).toBe(`${id} has no branch`);
  });
});
