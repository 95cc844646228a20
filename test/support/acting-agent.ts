import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent, AgentContext, AgentReport, AgentTask } from '../../src/pipeline/agent.ts';
import type { Repository } from '../../src/pipeline/services.ts';
import type { SlotValue } from '../../src/pipeline/slot.ts';
import { prompt, result, verdict } from '../../src/plugins/slots.ts';
import { FakeRun, type FakeServices, hermetic } from './fake-run.ts';
import type { GitRepo } from './git-repo.ts';

export type Work = (task: AgentTask, context: AgentContext) => Partial<AgentReport> | Promise<Partial<AgentReport>>;

/** An agent that is a function. */
export const acting = (work: Work, more: Partial<Agent> = {}): Agent => ({
  name: 'robot',
  label: 'Robot',
  check: async () => [],
  run: async (task, context) => ({
    status: 'succeeded',
    text: 'Done.',
    durationMs: 5,
    denials: [],
    ...(await work(task, context)),
  }),
  recover: async () => undefined,
  ...more,
});

/** An agent's work: one new file. */
export const write =
  (name: string, text = `${name}\n`) =>
  ({ folder }: Pick<AgentTask, 'folder'>): Partial<AgentReport> => {
    writeFileSync(join(folder, name), text);
    return {};
  };

let ids = 0;

/** A request that reached execute(). */
export const requestOf = (
  changes: Partial<SlotValue<typeof verdict>> = {},
  journal?: FakeRun['journal'],
  id = `req_x${process.pid}_${ids++}`,
): FakeRun =>
  new FakeRun(id, journal)
    .with(verdict, { kind: 'CODE', text: 'Add a login', repository: 'app', agent: 'robot', ...changes })
    .with(prompt, 'Please add a login.');

export const resultOf = (run: FakeRun): SlotValue<typeof result> => run.get(result);

/** What a test of execute() sets: options of the step, agents, and settings of the repository. */
export type Asked = Partial<Omit<Repository, 'name' | 'path' | 'agent'>> & {
  readonly options?: object;
  readonly agents?: readonly Agent[];
};

/** The services of execute() over a real repository. */
export const serving = (repo: GitRepo, agents: readonly Agent[], settings: Partial<Repository> = {}): FakeServices => ({
  variables: hermetic(repo.home),
  state: repo.state,
  repositories: [{ name: 'app', path: repo.path, agent: undefined, ...settings }],
  agents,
});
