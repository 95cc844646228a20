import { MiltonError } from '../../pipeline/errors.ts';
import type { JobState, JobStore } from '../../pipeline/store/job-store.ts';
import type { Invocation, Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { safe, table } from '../command-line/terminal.ts';
import { moment, told, WAITS, worked } from '../command-line/wording.ts';
import { findRun } from '../installation/find-run.ts';
import { observe } from '../installation/observe.ts';
import { prepare } from '../installation/prepare.ts';
import { prune } from './prune.ts';
import { showRun } from './show-run.ts';

const STATES: readonly JobState[] = [
  'held',
  'queued',
  'active',
  'done',
  'failed',
  'cancelled',
  'expired',
  'interrupted',
];
const LIMIT = 20;

/** `milton runs list | show ID | prune`. */
export const runs: Run = async (invocation) => {
  const { flags, words } = invocation;
  const [action = 'list', id] = words;
  if (!['list', 'show', 'prune'].includes(action))
    throw usageError(`There is no "milton runs ${action}".`, 'Say list, show ID or prune.');
  if (action === 'show' && id === undefined) throw usageError('Which run?', 'Write: milton runs show last');
  if (action !== 'show' && id !== undefined) throw usageError(`"milton runs ${action}" takes no argument.`);
  if (action === 'prune') return prune(invocation);
  await using store = observe(await prepare(flags));
  // Awaited here, since the store is closed when this function returns.
  if (action === 'list') return await list(store, invocation);
  return await show(store, id!, invocation);
};

async function list(store: JobStore | undefined, { flags, terminal }: Invocation): Promise<number> {
  const state = flags.state as JobState | undefined;
  if (state !== undefined && !STATES.includes(state))
    throw usageError(`There is no state "${state}".`, `States: ${STATES.join(', ')}.`);
  const limit = flags.limit === undefined ? LIMIT : Number(flags.limit);
  if (!Number.isInteger(limit) || limit < 1) throw usageError('--limit needs a whole number above 0.');
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
}

async function show(store: JobStore | undefined, id: string, { flags, terminal }: Invocation): Promise<number> {
  const job = store && (await findRun(store, id));
  if (!job) throw new MiltonError('RUN_UNKNOWN', `There is no run "${safe(id)}".`, { hint: 'Run: milton runs list' });
  const results = (await store?.results(job.id)) ?? {};
  if (flags.json) terminal.printJson({ v: 1, run: { ...job, results } });
  else showRun(job, results, terminal);
  return 0;
}
