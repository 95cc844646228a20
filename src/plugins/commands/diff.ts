import { cut } from '../../pipeline/cut.ts';
import { fileLines, sizeOf } from '../execute/change-lines.ts';
import type { RunBranch } from '../execute/run-branches.ts';
import { verdict } from '../slots.ts';
import { requestOf } from './describe.ts';
import { type Command, reply } from './desk.ts';
import { FINISHED, find, isJob, OPEN } from './find.ts';

const FILES_SHOWN = 20;
/** In bytes: some screens of a phone, and what every transport can send. */
const LINES_SHOWN = 10_000;

/** DIFF: what is on the branch of a request, by files and, where that is safe, line by line. */
export const diff: Command = async (desk, argument, { message }) => {
  const job = await find(desk, argument, { command: 'DIFF', states: [...FINISHED, ...OPEN] });
  if (!isJob(job)) return { notice: job };
  const { repository = '', continues } = verdict.schema.safeParse(job.slots.verdict).data ?? {};
  // What goes on with another request works on the branch of that one.
  const branches = await desk.branches(repository, job.id, continues?.branch);
  if (branches.length === 0) {
    const still = OPEN.includes(job.state) ? ' so far' : '';
    return {
      notice: reply(
        `${job.id} has no branch`,
        `${requestOf(job)}\nNothing was changed${still}, or the branch is gone.`,
      ),
    };
  }
  const files = branches.flatMap((each) => each.files);
  const lines = desk.mayShowLines(message.transport);
  const body = [requestOf(job), ...branches.map((each) => show(each, lines))];
  return { notice: reply(`${job.id}: ${sizeOf(files)}`, body.join('\n\n')) };
};

function show({ branch, files, patch }: RunBranch, lines: boolean): string {
  const shown = cut(patch, LINES_SHOWN);
  const rest = shown.length < patch.length ? '\n… (cut; the rest is on the branch)' : '';
  const text = [branch, ...fileLines(files, FILES_SHOWN)].join('\n');
  return lines && patch !== '' ? `${text}\n\n${shown.trimEnd()}${rest}` : text;
}
