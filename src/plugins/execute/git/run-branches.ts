import { explain, MiltonError } from '../../../pipeline/errors.ts';
import { branchStart } from './branch-start.ts';
import { type Evidence, parseNumstat } from './evidence.ts';
import type { Git } from './git.ts';

/** A branch with a request's work. */
export interface RunBranch {
  readonly branch: string;
  /** Absent where they cannot be told. */
  readonly files?: Evidence['files'];
  /** The changed lines, as `git diff` shows them; absent where they were not asked for or cannot be told. */
  readonly patch?: string;
  /** Why something is missing: `not shown in time; …`. */
  readonly unshown?: string;
  /** It was deleted since, or renamed. */
  readonly gone?: true;
}

/** What is looked for. */
export interface Sought {
  readonly run: string;
  /** What the request itself has measured at its end: its own part of a branch, from one commit to another. */
  readonly measured?: Pick<Evidence, 'files'> & Range;
  /** The branch of the request it goes on with, and the commit that one has left it at, where that is known. */
  readonly continued?: { readonly branch: string; readonly base?: string };
  /** Whether the changed lines are wanted too. */
  readonly lines: boolean;
}

interface Range {
  readonly branch: string;
  readonly base: string;
  readonly head: string;
}

const HEADS = 'refs/heads/';
const DIFF = ['diff', '--no-ext-diff', '--no-textconv', '--no-color'];

/**
 * The branches of a request, and what is on them; where the signal aborts, with what git has told until then. Throws MiltonError
 * GIT, or GIT_SLOW, where it has told nothing.
 */
export async function runBranches(git: Git, sought: Sought, signal: AbortSignal): Promise<readonly RunBranch[]> {
  const { run, measured, continued, lines } = sought;
  const own = git.until(signal);
  const late = lateness(signal);
  // Not even git that cannot be ended (on a dead network drive, say) is waited for.
  const inTime = <T>(work: Promise<T>): Promise<T> => Promise.race([work, late]);

  async function look(branch: string, range: () => Promise<Range>, known?: Evidence['files']): Promise<RunBranch> {
    try {
      const { base, head } = await inTime(range());
      const [files, patch] = await Promise.allSettled([
        known ?? inTime(own.run(...DIFF, '--numstat', '--no-renames', '-z', base, head).then(parseNumstat)),
        lines ? inTime(own.run(...DIFF, base, head)) : undefined,
      ]);
      const failed = [files, patch].find(({ status }) => status === 'rejected') as PromiseRejectedResult | undefined;
      return {
        branch,
        ...(files.status === 'fulfilled' ? { files: files.value } : {}),
        ...(patch.status === 'fulfilled' && patch.value !== undefined ? { patch: patch.value } : {}),
        ...(failed ? { unshown: whyOf(failed.reason) } : {}),
      };
    } catch (error) {
      return { branch, unshown: whyOf(error) };
    }
  }

  const wanted = [measured?.branch, continued?.branch].filter((branch) => branch !== undefined);
  const found = await inTime(listBranches(own, run, wanted)).catch((error: unknown) => {
    if (measured === undefined) throw error;
    return [measured.branch];
  });
  const others = found.filter((branch) => branch !== measured?.branch);
  const looks = others.map((branch) =>
    look(branch, () =>
      rangeOf(own, branch, measured?.base ?? (branch === continued?.branch ? continued.base : undefined)),
    ),
  );
  if (measured === undefined) return Promise.all(looks);
  const first = await look(measured.branch, async () => measured, measured.files);
  return [{ ...first, ...(found.includes(measured.branch) ? {} : { gone: true }) }, ...(await Promise.all(looks))];
}

/** The branches that carry the request's id, and of some others those that exist. */
async function listBranches(git: Git, run: string, others: readonly string[]): Promise<readonly string[]> {
  const patterns = [`milton/${run}`, `milton/${run}-*`, ...others].map((pattern) => `${HEADS}${pattern}`);
  const refs = await git.run('for-each-ref', '--format=%(refname)', ...patterns);
  return refs.split('\n').flatMap((ref) => (ref === '' ? [] : [ref.slice(HEADS.length)]));
}

async function rangeOf(git: Git, branch: string, since?: string): Promise<Range> {
  const ref = `${HEADS}${branch}`;
  const head = await git.run('rev-parse', '--verify', `${ref}^{commit}`);
  return { branch, head, base: await branchStart(git, ref, since) };
}

/** Rejects when the signal aborts. */
function lateness(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const slow = () =>
    reject(
      new MiltonError('GIT_SLOW', 'git has not answered in time.', {
        hint: 'Send it again, or look at the branch in the repository.',
      }),
    );
  if (signal.aborted) slow();
  else signal.addEventListener('abort', slow, { once: true });
  return promise;
}

const whyOf = (error: unknown) =>
  error instanceof MiltonError && error.code === 'GIT_SLOW'
    ? 'not shown in time; it is on the branch'
    : `cannot be shown: ${explain(error)}`;
