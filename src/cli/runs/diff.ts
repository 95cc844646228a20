import { MiltonError } from '../../pipeline/errors.ts';
import { ExecaProcessRunner, OUTPUT_LIMIT } from '../../pipeline/services/process-runner.ts';
import { soughtFor } from '../../plugins/commands/sought.ts';
import { fileLines, sizeOf } from '../../plugins/execute/git/change-lines.ts';
import { Git } from '../../plugins/execute/git/git.ts';
import { type RunBranch, runBranches } from '../../plugins/execute/git/run-branches.ts';
import { childEnvironment } from '../../plugins/execute/process/child-environment.ts';
import type { Run } from '../command-line/command.ts';
import { page } from '../command-line/pager.ts';
import { safe, type Terminal } from '../command-line/terminal.ts';
import { type FoundRun, withRun } from './found-run.ts';

/** How long git may take, in ms. */
const PATIENCE = 60_000;

/** `milton runs diff ID`: what a request has changed, as git tells it. */
export const diff: Run = (invocation) =>
  withRun(invocation, async (found) => {
    const { flags, terminal } = invocation;
    const branches = await branchesOf(found, flags.stat !== true);
    if (flags.json) {
      terminal.printJson({ v: 1, run: found.job.id, branches });
      return 0;
    }
    const lines = branches.flatMap((branch) => [...headOf(branch, terminal), ...patchOf(branch, terminal)]);
    await page(lines, terminal);
    return branches.some(({ unshown }) => unshown !== undefined) ? 1 : 0;
  });

async function branchesOf({ prepared, store, job }: FoundRun, lines: boolean): Promise<readonly RunBranch[]> {
  const { repository, sought } = await soughtFor(store, job, lines);
  const path = prepared.repositories.find(({ name }) => name === repository)?.path;
  if (path === undefined) {
    const what =
      repository === '' ? `${job.id} is about no repository.` : `There is no repository "${repository}" any more.`;
    throw new MiltonError('NO_REPOSITORY', what, { hint: `See what is known of it: milton runs show ${job.id}` });
  }
  const git = new Git(new ExecaProcessRunner(), path, childEnvironment(prepared.environment.environment));
  const branches = await runBranches(git, sought, AbortSignal.timeout(PATIENCE));
  if (branches.length > 0) return branches.map(whole);
  const still = job.finishedAt === undefined ? ' so far' : '';
  throw new MiltonError('NO_BRANCH', `${job.id} has no branch: nothing was changed${still}, or the branch is gone.`, {
    hint: `See what is known of it: milton runs show ${job.id}`,
  });
}

/** Says so where the lines were more than is kept of them. */
const whole = (branch: RunBranch): RunBranch =>
  Buffer.byteLength(branch.patch ?? '') < OUTPUT_LIMIT - 4
    ? branch
    : { ...branch, unshown: 'its lines are cut: they are too many to show; the rest is on the branch' };

function headOf({ branch, files, gone, unshown }: RunBranch, terminal: Terminal): readonly string[] {
  const size = files ? `, ${sizeOf(files)}` : '';
  const title = terminal.style('bold', safe(`${branch}${gone ? ' (the branch is gone)' : ''}${size}`));
  const why = unshown === undefined ? [] : [terminal.style('yellow', safe(unshown))];
  return [title, ...fileLines(files ?? []).map((line) => `  ${safe(line)}`), ...why];
}

/** Coloured here, and not by git: nothing that a repository names is started, and nothing in it reaches the terminal as it is. */
function patchOf({ patch = '' }: RunBranch, terminal: Terminal): readonly string[] {
  if (patch === '') return [];
  return [
    '',
    ...safe(patch, { lines: true })
      .split('\n')
      .map((line) => coloured(line, terminal)),
    '',
  ];
}

const STYLES = [
  [/^(?:diff |index |--- |\+\+\+ |new file|deleted file|old mode|new mode|rename |similarity )/, 'bold'],
  [/^@@/, 'cyan'],
  [/^\+/, 'green'],
  [/^-/, 'red'],
] as const;

function coloured(line: string, terminal: Terminal): string {
  const style = STYLES.find(([pattern]) => pattern.test(line))?.[1];
  return style === undefined ? line : terminal.style(style, line);
}
