import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { claude } from '../../src/plugins/execute/agents/claude.ts';
import { verdict } from '../../src/plugins/slots.ts';
import { titleOf } from '../../src/plugins/summarise/judge.ts';
import { type Act, describeAgent } from '../../src/testing/agent-contract.ts';
import { CLAUDE_KEY, ClaudeBench, claudeVariables } from '../support/claude-bench.ts';
import { claudeBinaries } from '../support/claude-binaries.ts';
import { makeAgent } from '../support/fake-run.ts';
import { type Scenario, type StubAnthropic, stubAnthropic } from '../support/stub-anthropic.ts';

describe.each(claudeBinaries())('Claude Code $version', ({ bin }) => {
  const bench = new ClaudeBench(bin);

  it('writes on a branch of its own and reports', async () => {
    const options = { allowedTools: ['Bash(git status:*)', 'Bash(cat:*)'] };
    const done = await bench.done({ scenario: 'claude-write-and-finish', options });
    expect(done).toMatchObject({ agent: 'Claude Code', status: 'succeeded', turns: 4, denials: [] });
    expect(done.text).toContain('Created and edited hello.txt. You asked: add a file');
    expect(done.changes).toMatchObject({
      branch: `milton/${bench.run.id}-add-a-file`,
      commits: 1,
      files: [{ path: 'hello.txt', added: 1, removed: 0 }],
    });
    expect(bench.repo.git('show', `${done.changes.branch}:hello.txt`)).toBe('hello, edited');
    expect(readFileSync(done.rawOutput, 'utf8')).not.toContain(CLAUDE_KEY);
  });

  it.each([
    ['a command', 'claude-needs-approval', [/^Bash touch approved\.txt/]],
    [
      'edits',
      {
        turns: [
          { tool: 'Write', input: { file_path: '{{cwd}}/new.txt', content: 'new\n' } },
          { tool: 'Read', input: { file_path: '{{cwd}}/README.md' } },
          { tool: 'Edit', input: { file_path: '{{cwd}}/README.md', old_string: 'An app.', new_string: 'Mine.' } },
          { text: 'I have written both files.' },
        ],
      },
      [/^Write .*\/new\.txt$/, /^Edit .*\/README\.md$/],
    ],
  ])('lists that it was refused %s, and changed nothing', async (_, scenario, denials) => {
    // Inside its sandbox it asks for no command.
    const done = await bench.done({ scenario, options: { permissionMode: 'default', sandbox: false } });
    expect(done.status).toBe('succeeded');
    expect(done.denials).toEqual(denials.map((each) => expect.stringMatching(each)));
    expect(done.changes).toMatchObject({ commits: 0, files: [] });
    expect(titleOf('req_x', bench.run.get(verdict), done, undefined)).toBe(
      '⚠️ [req_x] Claude Code finished, but changed nothing',
    );
    expect(existsSync(bench.worktree)).toBe(false);
    expect(bench.repo.git('branch', '--list', 'milton/*')).toBe('');
  });

  it('cannot write when it only answers a question', async () => {
    const done = await bench.done({ scenario: 'claude-reads-only', kind: 'RESEARCH' });
    expect(done).toMatchObject({ status: 'succeeded', text: 'I read it: An app.' });
    expect(done.changes).toBeUndefined();
    for (const { tools } of bench.stub.requests)
      expect(tools.filter((each) => /write|edit|bash/i.test(each))).toEqual([]);
    expect(existsSync(bench.worktree)).toBe(false);
  });

  it('leaves no process when it is stopped, and keeps what was done', async () => {
    const { working } = await bench.start({ scenario: 'claude-hangs', options: { allowedTools: ['Bash'] } });
    const busy = async () => {
      expect(existsSync(join(bench.worktree, 'busy'))).toBe(true);
      expect((await bench.processes()).length).toBeGreaterThan(2);
    };
    await vi.waitFor(busy, { timeout: 60_000 });
    const began = performance.now();
    bench.run.abort.abort(new Error('cancelled'));
    await expect(working).rejects.toThrow(
      /^Claude Code stopped after [\d.]+ s; 2 files changed, kept on branch milton\//,
    );
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it.each(['/help', '/clear and then', '  /compact', '--version', '-p x', '@README.md 😀\0 end'])(
    'takes %j as text',
    async (text) => {
      await bench.done({ scenario: { turns: [], after: { text: 'Understood.' } }, text });
      expect(bench.stub.requests.at(-1)?.prompt).toContain(text.replace('\0', '').trim());
    },
  );

  it('takes a prompt of 1 MB', async () => {
    const text = 'word '.repeat(200_000).trim();
    const done = await bench.done({ scenario: { turns: [{ text: 'Understood.' }] }, text });
    expect([done.status, bench.stub.requests[0]?.first === text]).toEqual(['succeeded', true]);
  });

  it('keeps the whole of an answer of 10 MB', async () => {
    const done = await bench.done({ scenario: { turns: [{ text: 'word ', textRepeat: 2_000_000 }] } });
    expect([done.status, done.text === 'word '.repeat(2_000_000)]).toEqual(['succeeded', true]);
  });

  it('tells its version and its login', async () => {
    await bench.done({ scenario: {} });
    const check = async (options: object) => {
      const variables = claudeVariables(bench.repo.home, 'http://127.0.0.1:9');
      return (await makeAgent(claude({ bin, ...options }), { variables })).check();
    };
    expect(await check({})).toEqual([]);
    expect(await check({ env: { ANTHROPIC_API_KEY: '' } })).toEqual([expect.stringContaining('not logged in')]);
  });
});

const acts: Readonly<Record<Act, string | Scenario>> = {
  work: 'claude-write-and-finish',
  fail: { turns: [{ error: 400, times: -1 }] },
  hang: 'claude-hangs',
  flood: { turns: [{ text: 'word ', textRepeat: 500_000 }] },
};

describe.each(claudeBinaries())('Claude Code $version as an agent', ({ version, bin }) => {
  const stubs: StubAnthropic[] = [];
  afterEach(async () => {
    for (const each of stubs.splice(0)) await each[Symbol.asyncDispose]();
  });
  describeAgent(`claude ${version}`, {
    async make(act, home) {
      const stub = await stubAnthropic(acts[act]);
      stubs.push(stub);
      return makeAgent(claude({ bin, allowedTools: ['Bash'] }), { variables: claudeVariables(home, stub.url) });
    },
  });
});
