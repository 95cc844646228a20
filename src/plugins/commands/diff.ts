import { cut } from '../../pipeline/cut.ts';
import { explain } from '../../pipeline/errors.ts';
import { beginning } from '../../pipeline/excerpt.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import { fileLines, sizeOf } from '../execute/git/change-lines.ts';
import type { RunBranch } from '../execute/git/run-branches.ts';
import { requestOf } from './describe.ts';
import { type Command, reply } from './desk.ts';
import { FINISHED, find, isJob, OPEN } from './find.ts';
import { soughtFor } from './sought.ts';

const FILES_SHOWN = 20;
/** In bytes: some screens of a phone, and what every transport can send. */
const LINES_SHOWN = 10_000;

/** DIFF: what a request has changed, by files and, where that is safe, line by line. */
export const diff: Command = async (desk, argument, { message }) => {
  const job = await find(desk, argument, { command: 'DIFF', states: [...FINISHED, ...OPEN] });
  if (!isJob(job)) return { notice: job };
  const { repository, sought } = await soughtFor(desk.store, job, await desk.mayShowLines(message.transport));
  let branches: readonly RunBranch[];
  try {
    branches = await desk.branches(repository, sought);
  } catch (error) {
    return { notice: reply(`${job.id} cannot be shown`, `${requestOf(job)}\n${explain(error)}`) };
  }
  if (branches.length === 0) {
    const still = OPEN.includes(job.state) ? ' so far' : '';
    return {
      notice: reply(
        `${job.id} has no branch`,
        `${requestOf(job)}\nNothing was changed${still}, or the branch is gone.`,
      ),
    };
  }
  const known = branches.flatMap(({ files }) => (files ? [files] : []));
  const size = known.length < branches.length ? 'more than can be shown' : sizeOf(known.flat());
  return {
    notice: reply(
      `${job.id}: ${size}`,
      [requestOf(job), ...branches.map((branch) => show(branch, desk.clean))].join('\n\n'),
    ),
  };
};

function show({ branch, files, patch = '', unshown, gone }: RunBranch, clean: Clean): string {
  const begun = beginning(patch, LINES_SHOWN);
  const lines = clean(begun);
  const shown = cut(lines, LINES_SHOWN);
  const isCut = shown.length < lines.length || begun.length < patch.length;
  const title = gone ? `${branch} (the branch is gone)` : branch;
  const text = [title, ...(files ? fileLines(files, FILES_SHOWN) : [])].join('\n');
  const left = unshown ?? (isCut ? 'cut; the rest is on the branch' : undefined);
  const rest = left === undefined ? '' : `\n… (${left})`;
  return patch === '' ? `${text}${rest}` : `${text}\n\n${shown.trimEnd()}${rest}`;
}
