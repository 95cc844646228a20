import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentReport, AgentTask, Usage } from '../../../src/pipeline/agent.ts';
import { commandAgent } from '../../../src/plugins/execute/agents/command-agent.ts';
import { hermetic, makeAgent } from '../../support/fake-run.ts';

describe('an agent that is a program', () => {
  let home: string;
  let task: AgentTask;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'milton-cli-agent-'));
    const folder = join(home, 'work');
    mkdirSync(folder);
    task = { run: `req_cli_${process.pid}`, prompt: 'Do it.', folder, access: 'write', output: join(home, 'out') };
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const paths = { text: 'text', tokens: 'tokens', costUsd: 'cost' };
  const make = (line: string) =>
    makeAgent(
      commandAgent({
        ...{ as: 'any', bin: 'sh', args: ['-c', `cat > /dev/null; ${line}`], parser: 'jsonl', paths },
        ...{ sum: ['tokens'], end: 'type=end', stopGrace: 500 },
      }),
      { variables: hermetic(home) },
    );

  async function run(line: string, limits?: Usage): Promise<AgentReport & { readonly told: readonly Usage[] }> {
    const told: Usage[] = [];
    const context = {
      signal: new AbortController().signal,
      note: async () => {},
      progress: () => {},
      used: (used: Usage) => void told.push(used),
    };
    const report = await (await make(line)).run({ ...task, ...(limits ? { limits } : {}) }, context);
    return { ...report, told };
  }

  it('tells only amounts that can be counted with', async () => {
    const line = `echo '{"tokens":1e308,"cost":1e300}'; echo '{"tokens":1e308,"text":"Done.","type":"end"}'`;
    const { tokens, costUsd, told } = await run(line);
    expect([tokens, costUsd, told.at(-1)]).toEqual([1e15, 1e15, { tokens: 1e15, costUsd: 1e15 }]);
  });
});
