import type { ProcessResult } from '../../../pipeline/services.ts';

/** Major, minor and patch. */
export type Version = readonly [number, number, number];

export interface VersionWish {
  /** What people call the program. */
  readonly product: string;
  readonly bin: string;
  readonly oldest: Version;
  /** The command that updates it. */
  readonly update: string;
}

/** What is wrong with what a program answers to `--version`, in one sentence; undefined where it is new enough. */
export function versionProblem(
  asked: ProcessResult,
  { product, bin, oldest, update }: VersionWish,
): string | undefined {
  const version = /(\d+)\.(\d+)\.(\d+)/.exec(asked.stdout);
  if (asked.exitCode !== 0 || !version) {
    const last = asked.stderr.trim().split('\n').at(-1);
    const why = asked.failure === 'timeout' ? 'it did not answer' : last || 'it names no version';
    return `${product} does not work: ${why}. Run "${bin} --version" to see it.`;
  }
  if (!isOlder(version.slice(1, 4).map(Number), oldest)) return undefined;
  return `${product} ${version[0]} is too old; Milton needs ${oldest.join('.')}. Update it: ${update}`;
}

/** Whether a version comes before another. */
export function isOlder(version: readonly number[], oldest: Version): boolean {
  const at = oldest.findIndex((part, index) => part !== version[index]);
  return at >= 0 && version[at]! < oldest[at]!;
}
