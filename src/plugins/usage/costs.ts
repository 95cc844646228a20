import type { Usage } from '../../pipeline/agent.ts';
import type { JobStore, JobView } from '../../pipeline/store/job-store.ts';
import { brief, result, verdict } from '../slots.ts';
import { addUsage } from './amounts.ts';
import { dayOf, Ledger } from './ledger.ts';

/** What the requests of one day, repository and agent have cost. */
export interface Cost {
  /** By this machine's calendar: `2026-11-23`. */
  readonly day: string;
  readonly repository: string;
  readonly agent: string;
  readonly runs: number;
  /** Of agents and research together; absent where nobody has told it. */
  readonly costUsd?: number;
  readonly tokens?: number;
  /** What of the cost was spent on research. */
  readonly researchUsd?: number;
}

/** What was spent on requests that began at or after a time (ms since the epoch), the newest day first, and on each day the dearest first. */
export async function costsSince(
  store: Pick<JobStore, 'list' | 'results' | 'recall' | 'remember'>,
  since: number,
): Promise<readonly Cost[]> {
  const aborted = await Ledger.namedRuns(store);
  const costs = new Map<string, Cost>();
  for (const job of await store.list({ since })) {
    if (job.startedAt === undefined || job.startedAt < since) continue;
    const one = costOf(job, await store.results(job.id), aborted);
    const key = JSON.stringify([one.day, one.repository, one.agent]);
    costs.set(key, sum(costs.get(key), one));
  }
  return [...costs.values()].sort((a, b) =>
    a.day === b.day ? (b.costUsd ?? 0) - (a.costUsd ?? 0) || b.runs - a.runs : a.day < b.day ? 1 : -1,
  );
}

function costOf(
  job: JobView,
  results: Readonly<Record<string, unknown>>,
  aborted: readonly (readonly [name: string, used: Usage])[],
): Cost {
  const asked = verdict.schema.safeParse(job.slots.verdict).data;
  const done = result.schema.safeParse(results.result).data;
  const found = brief.schema.safeParse(results.brief).data;
  // One that was stopped has no result; what it had used up is in the ledger, and its second agent's as well.
  const used =
    done ?? aborted.filter(([name]) => isOf(name, job.id)).reduce<Usage>((all, [, each]) => addUsage(all, each), {});
  // Where the web has answered, nobody else has used up anything.
  const { costUsd, tokens } = addUsage(found?.answers ? {} : pick(used), found ? pick(found) : {});
  return {
    day: dayOf(job.startedAt ?? job.createdAt),
    repository: asked?.repository ?? job.lane,
    agent: found?.answers ? found.by : (done?.goOn?.agent ?? asked?.agent ?? '–'),
    runs: 1,
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(found?.costUsd === undefined ? {} : { researchUsd: found.costUsd }),
  };
}

const isOf = (name: string, id: string) => name === id || name.startsWith(`${id}-`);

const pick = ({ costUsd, tokens }: Usage): Usage => ({
  ...(costUsd === undefined ? {} : { costUsd }),
  ...(tokens === undefined ? {} : { tokens }),
});

/** Both together, under the name of the second. */
export function sum(a: Cost | undefined, b: Cost): Cost {
  const { costUsd, tokens } = addUsage(pick(a ?? {}), pick(b));
  const research = [a?.researchUsd, b.researchUsd].filter((each) => each !== undefined);
  return {
    ...b,
    runs: (a?.runs ?? 0) + b.runs,
    ...(costUsd === undefined ? {} : { costUsd }),
    ...(tokens === undefined ? {} : { tokens }),
    ...(research.length === 0 ? {} : { researchUsd: research.reduce((x, y) => x + y) }),
  };
}
