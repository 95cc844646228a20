import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claude } from '../../src/plugins/execute/agents/claude.ts';
import { execute } from '../../src/plugins/execute/execute.ts';
import { requestOf, resultOf, serving } from '../support/acting-agent.ts';
import { claudeBinaries } from '../support/claude-binaries.ts';
import { makeAgent, runStep } from '../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../support/git-repo.ts';
import { stubAnthropic } from '../support/stub-anthropic.ts';

/** What the sandboxed command tries: to read a key, to write inside its folder, to write outside, to reach the network. */
const TRIES = [
  'cat ~/.ssh/id_made_up > stolen.txt 2>/dev/null || echo "no key" > key.txt',
  'echo inside > inside.txt',
  'echo outside > ~/outside.txt || echo "no way out" > out.txt',
].join('; ');

describe.each(claudeBinaries())('the sandbox of Claude Code $version', ({ bin }) => {
  let repo: GitRepo;
  beforeEach(() => {
    repo = gitRepo();
    mkdirSync(join(repo.home, '.ssh'));
    writeFileSync(join(repo.home, '.ssh/id_made_up'), 'a made-up key\n');
  });
  afterEach(() => repo[Symbol.dispose]());

  it.each([
    ['inside it', { required: true }],
    ['without it', false],
  ] as const)('a command runs %s', async (_, sandbox) => {
    const tool = { tool: 'Bash', input: { command: TRIES, description: 'Try' } };
    await using stub = await stubAnthropic({ turns: [tool, { text: 'Tried.' }] });
    const services = serving(repo, []);
    const variables = {
      ...services.variables,
      ...{ ANTHROPIC_BASE_URL: stub.url, ANTHROPIC_API_KEY: 'sk-ant-made-up', CLAUDE_CODE_MAX_RETRIES: '1' },
    };
    const agent = await makeAgent(claude({ bin, sandbox, permissionMode: 'acceptEdits' }), { ...services, variables });
    const run = requestOf({ agent: 'claude' });
    await runStep(execute(), run, { ...services, variables, agents: [agent] });
    const { status, reason, denials, changes } = resultOf(run);
    expect([status, reason]).toEqual(['succeeded', undefined]);
    const files = changes!.files.map(({ path, added }) => `${path} ${added}`).sort();
    // The shell made the file for the key, and nothing came into it.
    if (sandbox) expect([files, denials]).toEqual([['inside.txt 1', 'key.txt 1', 'out.txt 1', 'stolen.txt 0'], []]);
    else expect([files, denials.length]).toEqual([[], 1]);
  });
});
