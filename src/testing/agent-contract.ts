import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Agent, AgentReport, AgentTask } from '../pipeline/agent.ts';
import type { Json } from '../pipeline/json.ts';
import { taggedProcesses } from './tagged-processes.ts';

/**
 * What the agent does when it is run: changes a file and reports; fails; starts a process in a session of its own that ignores
 * SIGTERM, changes a file, and works until it is stopped; or writes at least 4 MB before it reports.
 */
export type Act = 'work' | 'fail' | 'hang' | 'flood';

/** What an agent adapter brings to its contract test. */
export interface AgentHarness {
  /** An agent that is going to do this; `home` is a scratch folder that is removed after the test. */
  make(act: Act, home: string): Agent | Promise<Agent>;
  /** False where its output does not tell whether it had finished, so that a restarted Milton has no report of it. */
  readonly recovers?: boolean;
}

/** Ends what a failed test has left, which may have ended by itself meanwhile. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone.
  }
}

const WAIT = { timeout: 60_000, interval: 20 };

/**
 * The tests that every agent adapter must pass.
 * @example describeAgent('rehearsal', { make: (act) => makeAgent(rehearsal({ act })) });
 */
export function describeAgent(name: string, harness: AgentHarness): void {
  describe(`agent ${name}`, { timeout: 120_000 }, () => {
    const alive = (run: string) => taggedProcesses(run).length;
    let home: string;
    let task: AgentTask;
    let tasks = 0;

    beforeEach(async () => {
      home = await mkdtemp(join(tmpdir(), 'milton-agent-'));
      const folder = join(home, 'folder');
      await mkdir(folder);
      const run = `req_contract_${process.pid}_${tasks++}`;
      task = { run, prompt: 'Add a login feature.', folder, access: 'write', output: join(home, 'out', 'agent.out') };
    });
    afterEach(async () => {
      for (const pid of taggedProcesses(task.run)) end(pid);
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
    });

    /** Starts the task; `noted` resolves with what was saved last, `busy` once the agent and its straggler are at work. */
    async function start(act: Act, changes: Partial<AgentTask> = {}) {
      const agent = await harness.make(act, home);
      const stop = new AbortController();
      const progress: string[] = [];
      const first = Promise.withResolvers<void>();
      let saved: Json = null;
      const noted = () => first.promise.then(() => saved);
      const own = { ...task, ...changes };
      const report = agent.run(own, {
        signal: stop.signal,
        note: async (value) => {
          saved = value;
          first.resolve();
        },
        progress: (line) => progress.push(line),
        used: () => {},
      });
      report.catch(() => {});
      const busy = async () => {
        await first.promise;
        await vi.waitFor(async () => {
          expect(await readdir(own.folder)).not.toEqual([]);
          expect(alive(own.run)).toBeGreaterThan(2);
        }, WAIT);
      };
      return { agent, stop, report, noted, busy, progress, task: own };
    }

    it('works in its folder and reports', async () => {
      const { report, progress } = await start('work');
      expect(await report).toMatchObject({ status: 'succeeded', denials: [] } satisfies Partial<AgentReport>);
      expect((await report).text).not.toBe('');
      expect((await readdir(task.folder)).length).toBeGreaterThan(0);
      expect(progress.length).toBeGreaterThan(0);
      expect((await stat(task.output)).mode & 0o777).toBe(0o600);
    });

    it('changes no file when it may only read', async () => {
      const { report } = await start('work', { access: 'read' });
      expect((await report).status).toBe('succeeded');
      expect(await readdir(task.folder)).toEqual([]);
    });

    it('does nothing before its note is saved', async () => {
      const agent = await harness.make('work', home);
      const refusal = new Error('the claim is lost');
      const note = async () => {
        expect(await readdir(task.folder)).toEqual([]);
        throw refusal;
      };
      const context = { signal: new AbortController().signal, note, progress: () => {}, used: () => {} };
      await expect(agent.run(task, context)).rejects.toBe(refusal);
      expect(await readdir(task.folder)).toEqual([]);
      expect(alive(task.run)).toBe(0);
    });

    it('reports a failure with its reason instead of rejecting', async () => {
      const report = await (await start('fail')).report;
      expect(report.status).toBe('failed');
      expect(report.reason).toMatch(/\S.*[.!?]$/);
    });

    it('starts nothing when it is aborted before', async () => {
      const agent = await harness.make('work', home);
      const reason = new Error('cancelled');
      const context = { signal: AbortSignal.abort(reason), note: async () => {}, progress: () => {}, used: () => {} };
      await expect(agent.run(task, context)).rejects.toBe(reason);
      expect(await readdir(task.folder)).toEqual([]);
    });

    it('leaves no process behind when it is aborted', async () => {
      const { stop, report, busy } = await start('hang');
      await busy();
      const reason = new Error('cancelled');
      stop.abort(reason);
      await expect(report).rejects.toBe(reason);
      expect(alive(task.run)).toBe(0);
    });

    it('leaves the processes of another run alone', async () => {
      const folder = join(home, 'other');
      await mkdir(folder);
      const other = await start('hang', { run: `${task.run}_other`, folder, output: join(home, 'out', 'other.out') });
      const mine = await start('hang');
      await Promise.all([other.busy(), mine.busy()]);
      mine.stop.abort();
      await mine.report.catch(() => {});
      expect(alive(other.task.run)).toBeGreaterThan(2);
      other.stop.abort();
      await other.report.catch(() => {});
      expect(alive(other.task.run)).toBe(0);
    });

    it('keeps the whole of a large output', async () => {
      const { report } = await start('flood');
      expect((await report).status).toBe('succeeded');
      expect((await stat(task.output)).size).toBeGreaterThan(4_000_000);
    });

    it('ends what lives of a run whose Milton is gone, and has no report of it', async () => {
      const { noted, busy, report } = await start('hang');
      await busy();
      const later = await harness.make('hang', home);
      expect(await later.recover(task, await noted())).toBeUndefined();
      expect(alive(task.run)).toBe(0);
      await report;
    });

    if (harness.recovers === false) {
      it('has no report of an agent that had finished', async () => {
        const { noted, report } = await start('work');
        await report;
        expect(await (await harness.make('work', home)).recover(task, await noted())).toBeUndefined();
      });
    } else {
      it('reports from the saved output when the agent had finished', async () => {
        const { noted, report } = await start('work');
        const { status, text, session } = await report;
        const later = await harness.make('work', home);
        const recovered = await later.recover(task, await noted());
        expect(recovered).toMatchObject({ status, text, ...(session ? { session } : {}) });
      });
    }

    it('has nothing to recover of a run that never began', async () => {
      const agent = await harness.make('work', home);
      expect(await agent.recover(task, undefined)).toBeUndefined();
    });
  });
}
