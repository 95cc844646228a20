import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { unapproved } from '../../../src/plugins/execute/repository/agent-configuration.ts';
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

describe('what is looked at', () => {
  it('are files and links, nothing outside, and no words for the model', async () => {
    const store = memoryStore();
    await store.remember('agent-configuration:app', { states: ['none'], files: {} });
    put('CLAUDE.md', 'be nice');
    expect(await unapproved(repo.path, 'app', store)).toBeUndefined();
    mkdirSync(join(repo.path, '.claude'));
    symlinkSync('/etc/passwd', join(repo.path, '.claude/settings.json'));
    const found = await unapproved(repo.path, 'app', store);
    expect(found?.changed).toEqual(['.claude/settings.json']);
    const { hash } = await import('node:crypto');
    expect(found?.files['.claude/settings.json']).toBe(hash('sha256', '-> /etc/passwd'));
    await store.close();
  });
});
