import type { Run } from '../command-line/command.ts';
import { withRun } from './found-run.ts';
import { showRun } from './show-run.ts';

/** `milton runs show ID`: everything known of one request. */
export const show: Run = (invocation) =>
  withRun(invocation, async ({ store, job }) => {
    const { flags, terminal } = invocation;
    const results = await store.results(job.id);
    if (flags.json) terminal.printJson({ v: 1, run: { ...job, results } });
    else showRun(job, results, terminal);
    return 0;
  });
