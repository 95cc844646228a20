/** Options of ntfy() that the torture sets: limits are lifted and pauses shortened, each scenario adds its own. */
export const RAISED = {
  burst: 1_000_000,
  refill: 0.001,
  dailyMessages: 100_000_000,
  progressInterval: 0,
  progressLimit: 1_000_000,
  canaryInterval: 0,
  overlap: 10,
  reconcileDelay: 200,
  backoffMax: 0.5,
} as const;

export interface DaemonConfig {
  readonly baseUrl: string;
  readonly askTopic: string;
  readonly answerTopic: string;
  readonly repository: string;
  /** The file that the agent writes its starts to. */
  readonly agentFile: string;
  /** Further options of ntfy(). */
  readonly ntfy?: Readonly<Record<string, number>>;
  /** How long the agent works, in ms. */
  readonly workMs?: number;
  readonly concurrency?: number;
  /** Options of authorise(). */
  readonly authorise?: Readonly<Record<string, number | string>>;
}

/** The configuration of a Milton to be tortured: the intake of every day, and one step as an agent that only writes that it began. */
export function daemonConfig({
  repository,
  agentFile,
  workMs = 0,
  concurrency = 8,
  authorise = {},
  ...options
}: DaemonConfig): string {
  const { baseUrl, askTopic, answerTopic, ntfy = {} } = options;
  return `
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { authorise, dedupe, defineConfig, definePlugin, lane, ntfy, queue, rehearsal, sqlite } from 'milton-orchestrator';

let count = 0;
const lanes = definePlugin({
  name: 'lanes',
  where: 'intake',
  provides: [lane],
  setup: () => async (run, next) => {
    run.set(lane, \`lane-\${count++ % ${concurrency * 2}}\`);
    await next();
  },
});

const agent = definePlugin({
  name: 'agent',
  where: 'work',
  setup: () => async (run) => {
    await run.step('work', async () => {
      const line = [run.message.id.replace(/^ntfy:/, ''), run.message.text, run.id, process.pid].join('\\t');
      const file = openSync(${JSON.stringify(agentFile)}, 'a');
      writeSync(file, line + '\\n');
      fsyncSync(file);
      closeSync(file);
      if (${workMs} > 0) await sleep(${workMs});
      return { began: true };
    }, { atMostOnce: true });
    run.conclude({ outcome: 'done', notice: { title: \`✅ [\${run.id}] finished\`, body: run.message.text, kind: 'final' } });
  },
});

export default defineConfig({
  repositories: { app: { path: ${JSON.stringify(repository)} } },
  transports: [ntfy(${JSON.stringify({ ...RAISED, ...ntfy, baseUrl, askTopic, answerTopic })})],
  store: sqlite(),
  agents: [rehearsal()],
  concurrency: ${concurrency},
  pipeline: [dedupe(), authorise(${JSON.stringify(authorise)}), lanes(), queue(), agent()],
});
`;
}
