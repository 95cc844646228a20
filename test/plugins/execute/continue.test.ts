import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentTask } from '../../../src/pipeline/agent.ts';
import { definePlugin, type PipelineEntry } from '../../../src/pipeline/plugin.ts';
import { lane, queue } from '../../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { Folders, ProcessRunner, type Repository } from '../../../src/pipeline/services.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { commands } from '../../../src/plugins/commands/commands.ts';
import { dedupe } from '../../../src/plugins/dedupe.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { promptBuild } from '../../../src/plugins/prompt-build/prompt-build.ts';
import { publish } from '../../../src/plugins/publish.ts';
import { research } from '../../../src/plugins/research/research.ts';
import { verdict } from '../../../src/plugins/slots.ts';
import { summarise } from '../../../src/plugins/summarise/summarise.ts';
import { type Trial, trial } from '../../../src/testing/trial.ts';
import { acting, type Work, write } from '../../support/acting-agent.ts';
import { hermetic } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const VARIABLES = {
  ...{ DRY_RUN: false, ENABLE_CODEX_FALLBACK: true, CLAUDE_FALLBACK_ON_LIMIT: true, MAX_OUTPUT_SIZE: 12_000 },
  ...{ PERPLEXITY_BASE_URL: 'https://api.perplexity.ai', PERPLEXITY_TIMEOUT: 60, PERPLEXITY_MAX_RETRIES: 3 },
};

describe('CONTINUE', () => {
  let repo: GitRepo;
  let t: Trial;
  let works: Work[];
  let tasks: AgentTask[];

  beforeEach(() => {
    repo = gitRepo();
    works = [];
    tasks = [];
  });
  afterEach(async () => {
    await t.stop();
    repo[Symbol.dispose]();
  });

  /** A whole Milton whose agent does these things one after the other, in conversations of its own. */
  async function start(
    todo: readonly Work[],
    settings: Partial<Repository> = {},
    own?: Repository,
    reader: PipelineEntry = classify(),
  ) {
    works = [...todo];
    const agent = acting(async (task, context) => {
      tasks.push(task);
      return { session: task.resume ?? `session-${tasks.length}`, ...(await works.shift()!(task, context)) };
    });
    const output = join(repo.state, 'output');
    mkdirSync(output, { recursive: true });
    t = await trial(
      [
        dedupe(),
        reader,
        commands({ timeout: 40_000 }),
        queue(),
        research(),
        promptBuild(),
        execute(),
        summarise(),
        publish(),
      ],
      {
        repositories: [own ?? { name: 'app', path: repo.path, agent: undefined, ...settings }],
        agents: [agent],
        variables: { ...hermetic(repo.home), ...VARIABLES },
        services: [
          bind(ProcessRunner, () => new ExecaProcessRunner()),
          bind(Folders, () => ({ state: repo.state, output, logs: output })),
        ],
      },
    );
  }
  async function send(text: string) {
    t.send(text);
    await t.idle(40_000);
    return t.jobs();
  }
  const branches = () =>
    repo.git('branch', '--format=%(refname:short)', '--list', 'milton/*').split('\n').filter(Boolean);

  it('goes on in the same conversation, folder and branch, and measures what is new', async () => {
    await start([write('login.ts'), write('test.ts')]);
    const [first] = await send('CODE: add a login');
    const [branch] = branches();
    const [, second] = await send('CONTINUE last: also add a test');
    expect(tasks[1]).toMatchObject({ resume: 'session-1', folder: tasks[0]!.folder, access: 'write' });
    expect(tasks[1]!.prompt).toMatch(/^# Task\nalso add a test\n\n# Limits\n/);
    expect(branches()).toEqual([branch]);
    expect(repo.git('ls-tree', '--name-only', branch!).split('\n')).toEqual(['README.md', 'login.ts', 'test.ts']);
    expect(existsSync(tasks[0]!.folder)).toBe(false);
    const last = t.notices.findLast(({ kind }) => kind === 'final')!;
    expect(last.body).toContain(`1 file +1 −0 · done`);
    expect(last.body).toContain(`branch ${branch}\n  test.ts +1 −0`);
    expect(t.notices.filter(({ title }) => title.includes('research complete'))).toHaveLength(1);
    expect(t.said).toContainEqual(expect.stringContaining(`CODE · app · after ${first!.id} · also add a test`));
    t.send(`DIFF ${second!.id}`);
    await expect.poll(() => t.notices.at(-1)?.title, { timeout: 40_000 }).toBe(`${second!.id}: 1 file +1 −0`);
    expect(t.notices.at(-1)?.body).toContain(`${branch}\n  test.ts +1 −0`);
    t.send(`DIFF ${first!.id}`);
    await expect.poll(() => t.notices.at(-1)?.title, { timeout: 40_000 }).toBe(`${first!.id}: 1 file +1 −0`);
    expect(t.notices.at(-1)?.body).toContain(`${branch}\n  login.ts +1 −0`);
  });

  it('goes on once more, and from the middle, and keeps what was there when nothing is added', async () => {
    await start([write('a'), () => ({}), write('b')]);
    const [first] = await send('CODE: add a');
    await send(`continue ${first!.id}`);
    expect(tasks[1]!.prompt).toContain('Go on where you stopped');
    expect(branches()).toHaveLength(1);
    await send('continue');
    expect(tasks.map(({ resume }) => resume)).toEqual([undefined, 'session-1', 'session-1']);
    expect(repo.git('ls-tree', '--name-only', branches()[0]!).split('\n')).toEqual(['README.md', 'a', 'b']);
  });

  it('goes on after a timeout, and where nothing was changed before', async () => {
    const timeout: Work = () => ({ status: 'failed', cause: 'timeout', reason: 'It was stopped after 1 s.' });
    await start([timeout, write('done')]);
    await send('CODE: add much');
    expect(branches()).toEqual([]);
    await send('CONTINUE');
    expect(tasks[1]).toMatchObject({ resume: 'session-1', folder: tasks[0]!.folder });
    expect(branches()).toHaveLength(1);
  });

  it('asks on after an answer, and changes nothing', async () => {
    await start([() => ({ text: 'It is so.' }), () => ({ text: 'And so.' })]);
    await send('RESEARCH: how does it work?');
    await send('CONTINUE last: and the rest?');
    expect(tasks[1]).toMatchObject({ resume: 'session-1', access: 'read' });
    expect(tasks[1]!.prompt).toMatch(/^# Question\nand the rest\?/);
    expect(t.said.at(-1)).toMatch(/answered \| And so\./);
    expect(branches()).toEqual([]);
  });

  it('goes on in what could not be committed', async () => {
    const stuck: Work = (task) => {
      mkdirSync(join(task.folder, 'sub'));
      repo.git('-C', join(task.folder, 'sub'), 'init', '-q');
      writeFileSync(join(task.folder, 'sub/lost?'), 'x');
      return write('a')(task);
    };
    await start([stuck, (task) => ({ text: existsSync(join(task.folder, 'sub/lost?')) ? 'still there' : 'gone' })]);
    await send('CODE: add a');
    expect(existsSync(join(tasks[0]!.folder, 'sub/lost?'))).toBe(true);
    await send('CONTINUE');
    expect(t.said.at(-1)).toContain('still there');
  });

  it('goes on in what could not be committed, also where nothing else was done', async () => {
    const stuck: Work = (task) => {
      mkdirSync(join(task.folder, 'sub'));
      repo.git('-C', join(task.folder, 'sub'), 'init', '-q');
      writeFileSync(join(task.folder, 'sub/kept'), 'x');
      return {};
    };
    await start([stuck, () => ({})]);
    await send('CODE: add a');
    await send('CONTINUE');
    expect(readFileSync(join(tasks[1]!.folder, 'sub/kept'), 'utf8')).toBe('x');
  });

  it('never takes the checkout itself for a copy, however the configuration has changed since', async () => {
    const settings: { isolation?: 'in-place' } = { isolation: 'in-place' };
    const repository = Object.defineProperty({ name: 'app', path: repo.path, agent: undefined }, 'isolation', {
      enumerable: true,
      get: () => settings.isolation,
    }) as Repository;
    await start([write('a'), write('b')], {}, repository);
    await send('CODE: add a');
    repo.git('switch', '-q', 'main');
    delete settings.isolation;
    writeFileSync(join(repo.path, 'mine'), 'mine');
    await send('CONTINUE');
    expect([readFileSync(join(repo.path, 'mine'), 'utf8'), repo.git('branch', '--show-current')]).toEqual([
      'mine',
      'main',
    ]);
    expect(tasks[1]!.folder).toContain(join(repo.state, 'worktrees'));
  });

  it('T11: makes and removes nothing but its own copies, whatever folder a stored request names', async () => {
    const folders = ['state/worktrees/../../victim', 'state/worktrees/deep/er', 'state/worktrees/..'];
    for (const folder of folders) {
      mkdirSync(join(repo.root, folder), { recursive: true });
      writeFileSync(join(repo.root, folder, 'mine'), 'mine');
    }
    repo.git('branch', 'milton/req_aaaaaa');
    let named = '';
    const reader = definePlugin({
      name: 'reader',
      where: 'intake',
      provides: [verdict, lane],
      setup: () => async (run, next) => {
        const continues = { run: 'req_aaaaaa', session: 's', folder: named, branch: 'milton/req_aaaaaa' };
        run.set(verdict, { kind: 'CODE', text: 'go on', repository: 'app', agent: 'robot', continues });
        run.set(lane, 'app');
        await next();
      },
    });
    await start(
      Array(folders.length).fill(() => ({})),
      {},
      undefined,
      reader(),
    );
    for (const folder of folders) {
      named = `${repo.root}/${folder}`;
      await send('CONTINUE');
      expect(tasks.at(-1)?.folder).toMatch(new RegExp(`^${repo.state}/worktrees/req_[a-z2-7]+$`));
      expect(readFileSync(join(named, 'mine'), 'utf8')).toBe('mine');
    }
    expect(tasks).toHaveLength(folders.length);
  });

  it('T11: a conversation whose name a program would take for an option is none', async () => {
    await start([() => ({ session: '--dangerously-skip-permissions' }), write('a')]);
    await send('CODE: add a');
    await send('CONTINUE last: more');
    expect(t.notices.at(-1)!.title).toMatch(/^req_\w+ has no conversation to go on with$/);
    expect(tasks).toHaveLength(1);
  });

  it('goes on in the checkout itself where that is worked in', async () => {
    await start([write('a'), write('b')], { isolation: 'in-place' });
    await send('CODE: add a');
    const branch = repo.git('branch', '--show-current');
    repo.git('switch', '-q', 'main');
    await send('CONTINUE');
    expect([repo.git('branch', '--show-current'), readFileSync(join(repo.path, 'b'), 'utf8')]).toEqual([branch, 'b\n']);
  });

  it('says why it cannot', async () => {
    await start([write('a'), () => ({ session: undefined }) as never]);
    await send('CONTINUE last');
    expect(t.notices.at(-1)!.title).toBe('No request to continue');
    const [first] = await send('CODE: add a');
    repo.git('branch', '-D', branches()[0]!);
    await send('CONTINUE last: more');
    expect(t.said.at(-1)).toMatch(/failed \| .*The branch milton\/\S+ is gone, so there is nothing to go on with\./);
    await send('CONTINUE last: more');
    expect(t.notices.at(-1)!.title).toMatch(/^req_\w+ has no conversation to go on with$/);
    expect(t.notices.at(-1)!.title).not.toContain(first!.id);
  });
});
