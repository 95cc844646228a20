import { MiltonError } from '../../pipeline/errors.ts';
import type { JobState, JobStore, JobView } from '../../pipeline/store/job-store.ts';
import type { Invocation } from '../command-line/command.ts';
import { safe } from '../command-line/terminal.ts';
import { findRun } from '../installation/find-run.ts';
import { observe } from '../installation/observe.ts';
import { type Prepared, prepare } from '../installation/prepare.ts';

/** The request that a command line names, in its store. */
export interface FoundRun {
  readonly prepared: Prepared;
  readonly store: JobStore;
  readonly job: JobView;
}

/**
 * Does something with the request that a command line names; the store is closed when that is over. `states`: among which `last`
 * chooses. Throws MiltonError RUN_UNKNOWN.
 */
export async function withRun<T>(
  { flags, words: [, id = ''] }: Pick<Invocation, 'flags' | 'words'>,
  use: (found: FoundRun) => Promise<T>,
  states?: readonly JobState[],
): Promise<T> {
  const prepared = await prepare(flags);
  await using store = observe(prepared);
  const job = store && (await findRun(store, id, states));
  if (!store || !job) {
    throw new MiltonError('RUN_UNKNOWN', `There is no run "${safe(id)}".`, { hint: 'Run: milton runs list' });
  }
  // Awaited here, since the store is closed when this function returns.
  return await use({ prepared, store, job });
}
