import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { safe, table } from '../command-line/terminal.ts';
import { wholeNumber } from '../command-line/whole-number.ts';
import { moment, told, WAITS, worked } from '../command-line/wording.ts';
import { observe } from '../installation/observe.ts';
import { prepare } from '../installation/prepare.ts';
import { STATES } from './command.ts';

const LIMIT = 20;

/** `milton runs list`: the newest requests, one a line. */
export const list: Run = async ({ flags, terminal }) => {
  const state = STATES.find((each) => each === flags.state);
  if (flags.state !== undefined && state === undefined)
    throw usageError(`There is no state "${flags.state}".`, `States: ${STATES.join(', ')}.`);
  const limit = wholeNumber('limit', flags.limit, { usual: LIMIT });
  await using store = observe(await prepare(flags));
  const jobs = (await store?.list({ newestFirst: true, limit, ...(state ? { states: [state] } : {}) })) ?? [];
  if (flags.json) {
    terminal.printJson({ v: 1, runs: jobs });
    return 0;
  }
  const now = Date.now();
  const rows = jobs.map((job) => [
    job.id,
    job.state,
    moment(job.createdAt),
    job.state === 'held' ? WAITS : worked(job, now),
    safe(job.lane),
    told(job),
  ]);
  for (const line of table(rows)) terminal.print(line);
  if (jobs.length === 0) terminal.talk('No requests.');
  return 0;
};
