import { type Agent, Agents } from '../agent.ts';
import type { MiltonConfig } from '../config.ts';
import { Transports } from '../exposure.ts';
import { orchestrate, type Running } from '../flow/orchestrator.ts';
import type { Part } from '../part.ts';
import type { PipelineEntry, Step } from '../plugin.ts';
import { Keys, NO_KEYS } from '../services/keys/keys.ts';
import { Clock, Environment, Leftovers, Logger } from '../services.ts';
import { Steps } from '../steps.ts';
import { JobStore } from '../store/job-store.ts';
import { memoryStore } from '../store/memory.ts';
import { type Binding, bind, type Get } from '../token.ts';
import type { Transport } from '../transport.ts';
import { build, type Pipeline } from './build.ts';
import { createContainer } from './container.ts';
import { fittingOf } from './fitting-of.ts';
import { partMaker } from './make-part.ts';
import { ConfigProblems, type Problem, problemsOf } from './problems.ts';
import { resolveOptions } from './settings.ts';
import { stepsOf } from './steps-of.ts';

/** How many runs may work at once where the configuration does not say. */
export const CONCURRENCY = 4;

/** Where nobody has made any. */
const WITHOUT_KEYS = bind(Keys, () => NO_KEYS);

/** Where steps start nothing that could outlive a crash. */
const NO_LEFTOVERS = bind(Leftovers, () => ({ end: async () => {} }));

/** A configured Milton: everything set up, nothing running yet. */
export interface Milton {
  readonly store: JobStore;
  readonly transports: readonly Transport[];
  readonly agents: readonly Agent[];
  readonly get: Get;
  /** `patience`: milliseconds an aborted run may take to clean up; 30 s when absent. */
  start(options?: { readonly patience?: number }): Running;
  /** Runs every clean-up in reverse order of set-up; call it when what `start` returned has finished. */
  close(): Promise<void>;
}

/**
 * Sets up the store, the transports, the agents and the steps, in this order. `checkOnly` uses a store in memory, so that a
 * running Milton is not disturbed.
 * @throws ConfigProblems with everything that is wrong.
 */
export async function assemble(
  config: MiltonConfig,
  bindings: readonly Binding[],
  { checkOnly = false }: { checkOnly?: boolean } = {},
): Promise<Milton> {
  const stack = new AsyncDisposableStack();
  const container = stack.use(createContainer(NO_LEFTOVERS, WITHOUT_KEYS, ...bindings, ...(config.services ?? [])));
  const { get } = container;
  const problems: Problem[] = [];

  const make = partMaker(get, stack);

  async function create<Product>(part: Part<Product>): Promise<Product | undefined> {
    try {
      return await make(part);
    } catch (error) {
      // A store that cannot be opened is no matter of configuration: it has its own code and exit status.
      if (part.kind === 'store' && !(error instanceof ConfigProblems)) throw error;
      problems.push(...problemsOf(`${part.name}()`, error));
      return undefined;
    }
  }

  async function createAll<Product>(parts: readonly Part<Product>[]): Promise<Product[]> {
    const made: Product[] = [];
    for (const part of parts) {
      const product = await create(part);
      if (product !== undefined) made.push(product);
    }
    return made;
  }

  try {
    problems.push(...sameNames(config.transports, 'transport'), ...sameNames(config.agents, 'agent'));
    if (checkOnly) problems.push(...optionsOf(config.store, get).problems);
    const opened = checkOnly ? undefined : await create(config.store);
    // Parts that look the store up must not stumble over its absence where only its options are wrong.
    const store = opened ?? memoryStore();
    if (!opened) stack.defer(() => store.close());
    container.add(bind(JobStore, () => store));
    const transports = await createAll(config.transports);
    container.add(bind(Transports, () => transports));
    const agents = await createAll(config.agents);
    container.add(bind(Agents, () => agents));
    container.add(bind(Steps, () => stepsOf(config.pipeline, get(Environment))));
    const built = await build({ pipeline: config.pipeline, get, stack, make });
    problems.push(...built.problems, ...openToStrangers(transports, config.pipeline, get(Environment)));
    if (problems.length > 0 || !built.pipeline) throw new ConfigProblems(problems);
    return milton({ config, get, store, transports, agents, pipeline: built.pipeline, stack });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

const optionsOf = ({ name, schema, input }: Part, get: Get) =>
  resolveOptions(`${name}()`, schema, input, get(Environment));

function sameNames(parts: readonly Part[], kind: string): Problem[] {
  const twice = parts.filter((part, index) => parts.findIndex(({ name }) => name === part.name) < index);
  return twice.map(({ name }) => ({
    where: `${name}()`,
    what: `two ${kind}s are called "${name}"`,
    repair: `Give one its own name with the option as: '…'`,
  }));
}

/** A transport that strangers can reach needs a step that decides who may start work. */
function openToStrangers(
  transports: readonly Transport[],
  pipeline: readonly PipelineEntry[],
  environment: Environment,
): Problem[] {
  const above = unguarded(pipeline);
  if (above !== undefined) {
    const what = `${above}() stands above the step that decides who may start work, and would answer everybody`;
    return [{ where: 'pipeline', what, repair: `Move authorise() above ${above}()` }];
  }
  const open = transports.find(({ exposure }) => exposure === 'public');
  const guarded = pipeline.some((entry) => typeof entry === 'object' && entry.plugin?.authorises === true);
  if (!open || guarded || environment.get('MILTON_ALLOW_UNSIGNED')?.value === true) return [];
  const what = `anyone who finds ${open.name} could start work here, since no step decides who may`;
  return [{ where: 'pipeline', what, repair: 'Put authorise() above queue()' }];
}

/** The first step that deals with what is asked and stands above the one that decides who may ask. */
function unguarded(pipeline: readonly PipelineEntry[]): string | undefined {
  const steps = pipeline.filter((entry): entry is Step => typeof entry === 'object' && entry.plugin !== undefined);
  const guard = steps.findIndex(({ plugin }) => plugin.authorises === true);
  const reads = ({ requires = [], optional = [], provides = [] }: Step['plugin']) =>
    [...requires, ...optional, ...provides].some(
      ({ name }: { name: string }) => name === 'verdict' || name === 'command',
    );
  const found = steps.slice(0, Math.max(guard, 0)).find(({ plugin }) => reads(plugin));
  return found && (found.as ?? found.plugin.name);
}

interface Parts {
  readonly config: MiltonConfig;
  readonly get: Get;
  readonly store: JobStore;
  readonly transports: readonly Transport[];
  readonly agents: readonly Agent[];
  readonly pipeline: Pipeline;
  readonly stack: AsyncDisposableStack;
}

function milton({ config, get, store, transports, agents, pipeline, stack }: Parts): Milton {
  return {
    store,
    transports,
    agents,
    get,
    start: (options) =>
      orchestrate({
        ...options,
        store,
        transports,
        ...pipeline,
        logger: get(Logger),
        fitting: fittingOf(get),
        clock: get(Clock),
        leftovers: get(Leftovers),
        concurrency: config.concurrency ?? CONCURRENCY,
      }),
    close: () => stack.disposeAsync(),
  };
}
