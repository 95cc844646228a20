import type { Published } from './evidence.ts';

/** The server lost all it had, at this time (ms since the epoch). */
export interface Wipe {
  readonly at: number;
}

/** How long a server must keep a message before it is Milton's task to have heard it, in ms. */
const GRACE = 3_000;

/**
 * The messages that Milton could not hear: the server lost its cache within 3 s after it took them, and their lines never went on
 * to Milton. A message that did go on, or that the server kept for longer, is not excused.
 */
export function excuse(
  published: readonly Published[],
  wipes: readonly Wipe[],
  passed: ReadonlySet<string>,
): ReadonlySet<string> {
  const gone = ({ at }: Published) => wipes.some((wipe) => wipe.at >= at && wipe.at - at < GRACE);
  return new Set(published.filter((one) => !passed.has(one.id) && gone(one)).map(({ id }) => id));
}
