import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AgentTask } from '../../../src/pipeline/agent.ts';
import type { Json } from '../../../src/pipeline/json.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { codex } from '../../../src/plugins/execute/agents/codex.ts';
import { commandAgent } from '../../../src/plugins/execute/agents/command-agent.ts';
import { rehearsal } from '../../../src/plugins/execute/agents/rehearsal.ts';
import { Processes } from '../../../src/plugins/execute/process/processes.ts';
import { anyCli, MODES } from '../../support/any-cli.ts';
import { hermetic, makeAgent } from '../../support/fake-run.ts';

const agents = join(import.meta.dirname, '../../support/fake-agents');
const parts = {
  claude: () => claude({ bin: join(agents, 'claude.mjs') }),
  codex: () => codex({ bin: join(agents, 'codex.mjs') }),
  commandAgent: () => commandAgent({ as: 'any', bin: anyCli, ...MODES.jsonl, prompt: 'argument' }),
  rehearsal: () => rehearsal(),
};

describe.each(['claude', 'codex', 'commandAgent', 'rehearsal'] as const)(
  'Milton is killed while %s is at work',
  (name) => {
    const processes = new Processes(new ExecaProcessRunner());
    let home: string;
    let task: AgentTask;
    let driver: ChildProcess;

    beforeEach(() => {
      home = mkdtempSync(join(tmpdir(), 'milton-killed-'));
      mkdirSync(join(home, 'work'));
      task = {
        run: `req_killed_${name}_${process.pid}`,
        prompt: 'Do it.',
        folder: join(home, 'work'),
        access: 'write',
        output: join(home, 'out'),
      };
    });
    afterEach(() => {
      driver.kill('SIGKILL');
      rmSync(home, { recursive: true, force: true });
    });

    /** Starts the task in a process of its own; resolves with the note that names the agent's process. */
    async function start(act: 'work' | 'hang') {
      driver = spawn(process.execPath, [join(agents, 'driver.ts'), name, act, JSON.stringify(task)], {
        env: hermetic(home),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const lines = createInterface({ input: driver.stdout! })[Symbol.asyncIterator]();
      for (;;) {
        const noted = JSON.parse((await lines.next()).value ?? '');
        if ('pid' in noted) return { noted, lines };
      }
    }

    async function kill(): Promise<void> {
      driver.kill('SIGKILL');
      await once(driver, 'exit');
    }

    const recover = async (noted: Json) =>
      (await makeAgent(parts[name](), { variables: hermetic(home) })).recover(task, noted);

    it('ends the orphans and has no report', async () => {
      const { noted } = await start('hang');
      await vi.waitFor(async () => expect((await processes.ofRun(undefined, task.run)).length).toBeGreaterThan(2), {
        timeout: 15_000,
      });
      await kill();
      expect((await processes.ofRun(undefined, task.run)).length).toBeGreaterThan(2);
      expect(await recover(noted)).toBeUndefined();
      expect(await processes.ofRun(undefined, task.run)).toEqual([]);
    });

    it('takes the report of an agent that finished meanwhile', async () => {
      const { noted, lines } = await start('work');
      expect((await lines.next()).value).toBe('reported');
      await kill();
      expect(await recover(noted)).toMatchObject({ status: 'succeeded' });
      expect(existsSync(task.output)).toBe(true);
    });
  },
);
