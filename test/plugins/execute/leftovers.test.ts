import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../../src/pipeline/agent.ts';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { Folders, Leftovers, ProcessRunner } from '../../../src/pipeline/services.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { processLeftovers } from '../../../src/plugins/execute/process/leftovers.ts';
import { bootId, Processes, RUN_TAG } from '../../../src/plugins/execute/process/processes.ts';
import { prompt, result } from '../../../src/plugins/slots.ts';
import { type Trial, trial } from '../../../src/testing/trial.ts';
import { acting, write } from '../../support/acting-agent.ts';
import { hermetic, MemoryLogger } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const runner = new ExecaProcessRunner();
const processes = new Processes(runner);
const children: ChildProcess[] = [];

/** A process that nothing but its tag connects with its request, as an agent's is after a crash. */
function linger(run?: string): ChildProcess {
  const env = { PATH: process.env.PATH ?? '', ...(run === undefined ? {} : { [RUN_TAG]: run }) };
  const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore', env });
  children.push(child);
  return child;
}
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
const ended = async (child: ChildProcess) => {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode;
};

describe('processLeftovers', () => {
  it('ends what carries the tag of the request, and nothing else', async () => {
    const run = `req_left_${process.pid}`;
    const [own, other] = [linger(run), linger(`${run}x`)];
    await processLeftovers(runner, new MemoryLogger()).end(run, []);
    expect(await ended(own)).toBe('SIGTERM');
    expect(other.signalCode).toBeNull();
  });

  it('asks the process that was noted first, wherever tags cannot be seen', async () => {
    const child = linger();
    const { start } = (await processes.find(child.pid!))!;
    await processLeftovers(runner, new MemoryLogger()).end('req_noted', [{ pid: child.pid!, start, boot: bootId() }]);
    expect(await ended(child)).toBe('SIGINT');
  });
});

const prepared = definePlugin({
  name: 'prepared',
  where: 'work',
  provides: [prompt],
  setup: () => (run, next) => {
    run.set(prompt, 'Please.');
    return next();
  },
});

describe('Milton starts again with another configuration', () => {
  let repo: GitRepo;
  let store: JobStore;

  beforeEach(() => {
    repo = gitRepo();
    store = memoryStore();
  });
  afterEach(async () => {
    await store.close();
    repo[Symbol.dispose]();
  });

  const start = (agents: readonly Agent[], options = {}): Promise<Trial> =>
    trial(
      [
        classify(),
        queue(),
        prepared(),
        execute(options),
        (run) => {
          const { agent, status } = run.get(result)!;
          run.conclude({ outcome: 'done', notice: { title: `${agent} ${status}` } });
        },
      ],
      {
        repositories: [{ name: 'app', path: repo.path, agent: undefined }],
        agents,
        store,
        variables: {
          ...hermetic(repo.home),
          ...{ DRY_RUN: false, ENABLE_CODEX_FALLBACK: true, CLAUDE_FALLBACK_ON_LIMIT: true },
        },
        services: [
          bind(ProcessRunner, () => runner),
          bind(Folders, () => ({ state: repo.state, output: repo.state, logs: repo.state })),
          bind(Leftovers, () => processLeftovers(runner, new MemoryLogger())),
        ],
      },
    );

  /** An agent that is at work when Milton dies: its process stays, and nobody is told of the end. */
  function dying() {
    const begun = Promise.withResolvers<{ child: ChildProcess }>();
    const agent = acting(async (task, { note, signal }) => {
      write('half.ts')(task);
      const child = linger(task.run);
      await note({ pid: child.pid! });
      begun.resolve({ child });
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('killed'))));
      return {};
    });
    return { agent, begun: begun.promise };
  }
  /** What is said at the end of the request that a first Milton left behind. */
  async function goOn(first: Trial, second: () => Promise<Trial>) {
    await first.stop(0);
    const t = await second();
    await t.idle(40_000);
    await t.stop();
    return { said: t.said.at(-1)!, job: (await store.list())[0]! };
  }

  it('without the agent: its processes are ended, and the request is interrupted', async () => {
    const { agent, begun } = dying();
    const first = await start([agent]);
    first.send('CODE: add a login');
    const { child } = await begun;
    const { said, job } = await goOn(first, () =>
      start([acting(write('other.ts'), { name: 'other', label: 'Other' })]),
    );
    expect(await ended(child)).toBe('SIGTERM');
    expect(job.state).toBe('interrupted');
    expect(said).toContain('"execute/robot" had begun and is gone');
    expect(said).toContain('There is no agent "robot" any more.');
  });

  it('without a fallback: that of the request is ended, and it does not end as if it had never been', async () => {
    const limited = acting(() => ({ status: 'failed', cause: 'limit', reason: 'Used up.' }));
    const { agent, begun } = dying();
    const agents = [limited, { ...agent, name: 'codex', label: 'Codex' }];
    const first = await start(agents);
    first.send('CODE: add a login');
    const { child } = await begun;
    const { said, job } = await goOn(first, () => start(agents, { fallback: false }));
    expect(await ended(child)).toBe('SIGTERM');
    expect(job.state).toBe('interrupted');
    expect(said).toContain('"execute/codex" had begun and is gone');
  });
});
