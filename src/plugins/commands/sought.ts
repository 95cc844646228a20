import type { SlotValue } from '../../pipeline/slot.ts';
import type { JobStore, JobView } from '../../pipeline/store/job-store.ts';
import type { Sought } from '../execute/git/run-branches.ts';
import { result, verdict } from '../slots.ts';

type Results = Pick<JobStore, 'results'>;

/** What DIFF looks for in which repository, by what a request and the one it goes on with have measured. */
export async function soughtFor(store: Results, job: JobView, lines: boolean) {
  const { repository = '', continues } = verdict.schema.safeParse(job.slots.verdict).data ?? {};
  const measured = await changesOf(store, job.id, continues !== undefined);
  const sought: Sought = {
    ...{ run: job.id, lines },
    ...(measured ? { measured } : {}),
    ...(await continuedBy(store, continues)),
  };
  return { repository, sought };
}

/** What a request has measured at its end. That nothing was changed is worth telling only of a branch that has more on it. */
async function changesOf(store: Results, id: string, evenNone: boolean) {
  const { changes } = result.schema.safeParse((await store.results(id)).result).data ?? {};
  return changes && (evenNone || changes.head !== changes.base) ? changes : undefined;
}

/** What goes on with another request works on the branch of that one, from where that one has left it. */
async function continuedBy(store: Results, continues: SlotValue<typeof verdict>['continues']) {
  if (continues?.branch === undefined) return {};
  const before = await changesOf(store, continues.run, true);
  const base = before?.branch === continues.branch ? { base: before.head } : {};
  return { continued: { branch: continues.branch, ...base } };
}
