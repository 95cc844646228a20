import { join } from 'node:path';
import type { Logger, Repository } from '../../pipeline/services.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import { sweepTemporary } from '../../plugins/execute/process/temporary.ts';
import { pruneWorktrees } from '../runs/prune-worktrees.ts';

const DAY = 86_400_000;
/** How long the folder of a request that is over may stay, in days. */
const KEPT = 30;

interface RetentionParts {
  readonly state: string;
  readonly repositories: readonly Pick<Repository, 'path'>[];
  readonly store: Pick<JobStore, 'get'>;
  readonly logger: Logger;
}

/**
 * Removes the folders that requests have left behind, now and once a day, but none that holds work which is on no branch: those are
 * named in the log. What is temporary goes as soon as its request is over. Call what it returns to end it.
 */
export function keepTidy({ state, repositories, store, logger }: RetentionParts): () => void {
  const tidy = async () => {
    const isOpen = async (id: string) => {
      const job = await store.get(id);
      return job !== undefined && job.finishedAt === undefined;
    };
    await sweepTemporary(state, isOpen);
    const before = Date.now() - KEPT * DAY;
    const { count, kept } = await pruneWorktrees(join(state, 'worktrees'), before, repositories, isOpen);
    if (count > 0) logger.info(`removed ${count} left folders of requests that ended more than ${KEPT} days ago`);
    for (const path of kept) logger.warn(`a left folder holds work that is on no branch: ${path}`);
  };
  const run = () => void tidy().catch((error: unknown) => logger.warn('left folders were not looked at', { error }));
  run();
  const timer = setInterval(run, DAY);
  timer.unref();
  return () => clearInterval(timer);
}
