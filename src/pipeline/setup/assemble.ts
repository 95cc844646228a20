import { type Agent, Agents } from '../agent.ts';
import type { MiltonConfig } from '../config.ts';
import { Transports } from '../exposure.ts';
import { orchestrate, type Running } from '../flow/orchestrator.ts';
import type { Host } from '../host.ts';
import type { Part } from '../part.ts';
import { Redact } from '../services/redact.ts';
import { sanitise } from '../services/sanitise.ts';
import { Clock, Environment, Logger } from '../services.ts';
import { JobStore } from '../store/job-store.ts';
import { memoryStore } from '../store/memory.ts';
import { type Binding, bind, type Get } from '../token.ts';
import type { Transport } from '../transport.ts';
import { build, type Pipeline } from './build.ts';
import { createContainer } from './container.ts';
import { ConfigProblems, type Problem, problemOf } from './problems.ts';
import { resolveOptions } from './settings.ts';

/** How many runs may work at once where the configuration does not say. */
export const CONCURRENCY = 4;

/** A configured Milton: everything set up, nothing running yet. */
export interface Milton {
  readonly store: JobStore;
  readonly transports: readonly Transport[];
  readonly agents: readonly Agent[];
  readonly get: Get;
  start(): Running;
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
  const container = stack.use(createContainer(...bindings, ...(config.services ?? [])));
  const { get } = container;
  const problems: Problem[] = [];

  async function create<Product>(part: Part<Product>): Promise<Product | undefined> {
    const where = `${part.name}()`;
    const { options, problems: found } = resolveOptions(where, part.schema, part.input, get(Environment));
    problems.push(...found);
    if (found.length > 0) return undefined;
    const host: Host<unknown> = {
      options,
      logger: get(Logger).child({ [part.kind]: part.name }),
      get,
      onClose: (cleanup) => stack.defer(async () => cleanup()),
    };
    try {
      return await part.create(host as Host<never>);
    } catch (error) {
      // A store that cannot be opened is no matter of configuration: it has its own code and exit status.
      if (part.kind === 'store') throw error;
      problems.push(problemOf(where, error));
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
    const store = checkOnly ? memoryStore() : await create(config.store);
    if (store) container.add(bind(JobStore, () => store));
    const transports = await createAll(config.transports);
    container.add(bind(Transports, () => transports));
    const agents = await createAll(config.agents);
    container.add(bind(Agents, () => agents));
    const built = await build({ pipeline: config.pipeline, get, stack });
    problems.push(...built.problems);
    if (problems.length > 0 || !built.pipeline || !store) throw new ConfigProblems(problems);
    return milton({ config, get, store, transports, agents, pipeline: built.pipeline, stack });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
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
    start: () =>
      orchestrate({
        store,
        transports,
        ...pipeline,
        logger: get(Logger),
        clean: (text) => sanitise(get(Redact)(text)),
        clock: get(Clock),
        concurrency: config.concurrency ?? CONCURRENCY,
      }),
    close: () => stack.disposeAsync(),
  };
}
