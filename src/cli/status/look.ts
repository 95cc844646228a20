import { dirname, join } from 'node:path';
import { stepsOf } from '../../pipeline/setup/steps-of.ts';
import type { JobStore, JobView } from '../../pipeline/store/job-store.ts';
import { type Holder, holder } from '../../pipeline/store/sqlite.ts';
import { type Budget, budgetsToday } from '../../plugins/usage/budgets.ts';
import { type Cost, costsSince } from '../../plugins/usage/costs.ts';
import { databaseFile } from '../installation/database-file.ts';
import { observe } from '../installation/observe.ts';
import type { Prepared } from '../installation/prepare.ts';
import { SILENT } from '../installation/silent.ts';
import { doingNow } from './doing-now.ts';

/** What is known of the connection of one transport. */
export interface Connection {
  readonly transport: string;
  readonly state: string;
  readonly why: string | undefined;
  readonly at: string | undefined;
}

/** What `milton status` tells. */
export interface Status {
  readonly daemon: Holder | undefined;
  readonly connections: readonly Connection[];
  /** When the last message came, ms since the epoch. */
  readonly heardAt: number | undefined;
  readonly active: readonly (JobView & { readonly doing: string | undefined })[];
  readonly queued: readonly JobView[];
  readonly held: readonly JobView[];
  readonly last: JobView | undefined;
  readonly budgets: readonly Budget[];
  /** What was spent today. */
  readonly costs: readonly Cost[];
}

const NOTHING = { connections: [], heardAt: undefined, active: [], queued: [], held: [], last: undefined };

/** Looks at a Milton that may be running, and at what it has kept. */
export async function look(prepared: Prepared): Promise<Status> {
  const daemon = holder(dirname(databaseFile(prepared)));
  await using store = observe(prepared);
  if (!store) return { ...NOTHING, daemon, budgets: [], costs: [] };
  const { config, environment, folders } = prepared;
  const names = config?.transports.map(({ name }) => name) ?? [];
  const steps = config ? stepsOf(config.pipeline, environment.environment) : [];
  const [active, queued, held, [last], connections, heardAt, budgets, costs] = await Promise.all([
    store.list({ states: ['active'] }),
    store.list({ states: ['queued'] }),
    store.list({ states: ['held'] }),
    store.list({ newestFirst: true, limit: 1 }),
    Promise.all(names.map((name) => connection(store, name))),
    store.heardAt(),
    budgetsToday({ store, clock: { now: Date.now }, logger: SILENT, steps }),
    costsSince(store, new Date().setHours(0, 0, 0, 0)),
  ]);
  const working = active.map(async (job) => ({ ...job, doing: await doingNow(job, join(folders.state, 'agents')) }));
  return {
    ...{ daemon, connections, heardAt, active: await Promise.all(working) },
    ...{ queued, held, last, budgets, costs },
  };
}

async function connection(store: JobStore, transport: string): Promise<Connection> {
  const health = (await store.recall(`health:${transport}`)) as Partial<Record<string, unknown>> | undefined;
  const text = (key: string) => (typeof health?.[key] === 'string' ? health[key] : undefined);
  return { transport, state: text('state') ?? 'never connected', why: text('why'), at: text('since') ?? text('at') };
}
