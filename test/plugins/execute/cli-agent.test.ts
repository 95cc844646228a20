import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentReport, AgentTask, Usage } from '../../../src/pipeline/agent.ts';
import type { Json } from '../../../src/pipeline/json.ts';
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
  const make = (line: string, stopGrace = 500) =>
    makeAgent(
      commandAgent({
        ...{ as: 'any', bin: 'sh', args: ['-c', `cat > /dev/null; ${line}`], parser: 'jsonl', paths },
        ...{ sum: ['tokens'], end: 'type=end', stopGrace },
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

  it.each([
    ['an end that stood there when Milton died', false, 'succeeded'],
    ['none that it told when Milton stopped it in order', true, undefined],
  ])('has a report of %s', async (_, inOrder, status) => {
    const line = `trap "echo '{\\"text\\":\\"Done.\\",\\"type\\":\\"end\\"}'; exit" INT; echo '{"text":"Begun."}'; touch begun`;
    const end = inOrder ? '' : 'kill -INT $$;';
    const agent = await make(`${line}; ${end} while :; do sleep 0.05; done`, 15_000);
    const stop = new AbortController();
    const notes: Json[] = [];
    const note = async (value: Json) => void notes.push(value);
    const running = agent.run(task, { signal: stop.signal, note, progress: () => {}, used: () => {} });
    running.catch(() => {});
    if (inOrder) {
      await vi.waitFor(() => expect(existsSync(join(task.folder, 'begun'))).toBe(true), { timeout: 20_000 });
      stop.abort(new Error('released'));
      await expect(running).rejects.toThrow('released');
    } else {
      await running;
    }
    expect(readFileSync(task.output, 'utf8')).toContain('"type":"end"');
    expect((await agent.recover(task, notes.at(-1)))?.status).toBe(status);
  });

  it.each([0, 1])('is not stopped for what it tells with its end, %i s before it is gone', async (seconds) => {
    const line = `echo '{"text":"Done.","tokens":500,"type":"end"}'; sleep ${seconds}`;
    expect(await run(line, { tokens: 100 })).toMatchObject({ status: 'succeeded', tokens: 500 });
  });

  it('is stopped in the middle for what it has used', async () => {
    expect(await run(`echo '{"tokens":500}'; sleep 300`, { tokens: 100 })).toMatchObject({
      status: 'failed',
      cause: 'budget',
      reason: 'It was stopped: 500 tokens are more than its limit of 100 tokens.',
    });
  });
});
