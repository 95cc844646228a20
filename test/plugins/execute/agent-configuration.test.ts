import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { approve, unapproved } from '../../../src/plugins/execute/repository/agent-configuration.ts';
import { result } from '../../../src/plugins/slots.ts';
import { acting, requestOf, serving, write } from '../../support/acting-agent.ts';
import { type FakeRun, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

let repo: GitRepo;
beforeEach(() => {
  repo = gitRepo();
});
afterEach(() => repo[Symbol.dispose]());

const HOOKS = JSON.stringify({
  hooks: { SessionStart: [{ hooks: [{ type: 'command', command: 'touch /tmp/owned' }] }] },
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(repo.path, path)), { recursive: true });
  writeFileSync(join(repo.path, path), text);
}

function commit(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) put(path, text);
  repo.git('add', '-A');
  repo.git('commit', '-qm', 'change');
}

describe('T7: an agent configuration of the repository', () => {
  const store = memoryStore();
  let started: number;

  /** One request; how it ended, and what was asked. */
  async function perform(answers: readonly string[] = [], journal?: FakeRun['journal']) {
    const run = requestOf({}, journal);
    run.answers.push(...answers);
    const agent = acting((task) => {
      started++;
      return write('login.ts', 'a\n')(task);
    });
    await runStep(execute({}), run, { ...serving(repo, [agent]), store });
    return { done: run.get(result), run };
  }
  beforeEach(async () => {
    started = 0;
    await store.remember('agent-configuration:app', null as never);
  });

  it('is agreed to when the repository is new here, and as long as it stays as it is', async () => {
    commit({ '.claude/settings.json': '{}', '.mcp.json': '{}' });
    expect((await perform()).run.questions).toEqual([]);
    expect((await perform()).run.questions).toEqual([]);
    expect(started).toBe(2);
  });

  it('that has changed is not given to an agent before somebody at the machine agrees', async () => {
    await perform();
    commit({ '.claude/settings.json': HOOKS, '.mcp.json': '{}' });
    const { done, run } = await perform(['Deny']);
    expect(done).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('nobody at the machine has approved'),
    });
    expect(run.questions).toEqual([expect.objectContaining({ where: 'machine', onTimeout: 'Deny' })]);
    expect(run.questions[0]!.body).toContain('.claude/settings.json, .mcp.json');
    expect(started).toBe(1);
    expect((await perform(['Approve'])).done.status).toBe('succeeded');
    expect((await perform()).run.questions).toEqual([]);
    commit({ '.claude/settings.json': '{}' });
    expect((await perform(['Deny'])).run.questions[0]!.body).toMatch(/: \.claude\/settings\.json\./);
    repo.git('revert', '--no-edit', 'HEAD');
    expect((await perform()).run.questions).toEqual([]);
  });

  it('is what the agent finds, also where it was changed by the agent before', async () => {
    await perform();
    put('.claude/hooks/start.sh', 'echo');
    commit({});
    const { run } = await perform(['Deny']);
    expect(run.questions[0]!.body).toContain('.claude/hooks/start.sh');
  });

  it('is decided before the agent begins, and not again when it is taken up after a crash', async () => {
    await perform();
    commit({ '.mcp.json': '{"mcpServers":{}}' });
    const { run } = await perform(['Approve']);
    const again = await perform(['Approve'], run.journal);
    expect(again.done.status).toBe('succeeded');
    expect(started).toBe(2);
  });
});

describe('T7: what is looked at', () => {
  const store = memoryStore();
  const look = async () => (await unapproved(repo.path, 'app', store))?.changed;
  beforeEach(() => store.remember('agent-configuration:app', { states: ['none'], files: {} }));
  afterAll(() => store.close());

  function link(path: string, target: string): void {
    mkdirSync(dirname(join(repo.path, path)), { recursive: true });
    symlinkSync(target, join(repo.path, path));
  }
  /** Somebody agrees to it as it is. */
  async function agree() {
    const found = await unapproved(repo.path, 'app', store);
    if (found) await approve(found, 'app', store);
  }

  it('are no words for the model', async () => {
    put('CLAUDE.md', 'be nice');
    expect(await look()).toBeUndefined();
  });

  it.each<[string, string, string, string]>([
    ['a folder', '.claude', 'tools/claude', 'tools/claude/settings.json'],
    ['a file', '.mcp.json', 'mcp.json', 'mcp.json'],
    ['a folder within', '.claude/hooks', '../tools', 'tools/start.sh'],
    ['a file of an odd name', '.mcp.json', '__proto__', '__proto__'],
    ['a file, by way of another link', '.mcp.json', 'other.json', 'mcp.json'],
  ])('is what a link leads to: %s', async (_, from, target, file) => {
    put(file, '{}');
    if (target === 'other.json') link(target, file);
    link(from, target);
    expect(await look()).toEqual([from, file].sort());
    await agree();
    expect(await look()).toBeUndefined();
    put(file, HOOKS);
    expect(await look()).toEqual([file]);
  });

  it('is also to which of two files a link leads', async () => {
    put('.claude/a.json', '{}');
    put('.claude/b.json', HOOKS);
    link('.mcp.json', '.claude/a.json');
    await agree();
    rmSync(join(repo.path, '.mcp.json'));
    link('.mcp.json', '.claude/b.json');
    expect(await look()).toEqual(['.mcp.json']);
  });

  it('is found through a link to the repository as well', async () => {
    put('mcp.json', '{}');
    link('.mcp.json', 'mcp.json');
    const other = join(repo.state, 'other');
    mkdirSync(repo.state, { recursive: true });
    symlinkSync(repo.path, other);
    await agree();
    expect(await unapproved(other, 'app', store)).toBeUndefined();
  });

  it.each([
    ['out of the repository', (outside: string) => outside],
    ['out of it and nowhere', () => '../none'],
    ['nowhere', () => 'none'],
    ['to itself', () => 'settings.json'],
  ])('is nothing outside: a link %s is as good as changed each time', async (_, targetOf) => {
    const outside = join(repo.state, 'outside');
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, 'settings.json'), '{}');
    link('.claude/settings.json', targetOf(outside));
    for (let times = 0; times < 2; times++) {
      const found = await unapproved(repo.path, 'app', store);
      expect(Object.keys(found?.files ?? {})).toEqual(['.claude/settings.json']);
      await approve(found!, 'app', store);
    }
  });

  it('are no links in a circle, and each thing once', async () => {
    put('.claude/settings.json', '{}');
    link('.claude/again', '.');
    link('.claude/codex', '../.codex');
    link('.codex', '.claude');
    await agree();
    expect(await look()).toBeUndefined();
    put('.claude/settings.json', HOOKS);
    expect(await look()).toEqual(['.claude/settings.json']);
  });

  it('are so many things and no more, also behind a link', async () => {
    for (let count = 0; count < 2_001; count++) put(`tools/${count}`, '');
    link('.claude', 'tools');
    const changed = await look();
    expect(changed).toContain('more than can be looked at');
    expect(changed!.length).toBeLessThanOrEqual(2_001);
  });
});
