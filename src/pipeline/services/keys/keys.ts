import { token } from '../../token.ts';

/** The secrets by which Milton knows its person; all are texts of one line. */
export interface KeySet {
  /** Those that sign messages, newest first: one, or two while a rotation is going on; none before `milton keys new`. */
  readonly signing: readonly string[];
  /** Those that prove that a button's text comes from a notice of this Milton, newest first; they change with those that sign. */
  readonly replies?: readonly string[] | undefined;
  /** The shared secret of one-time codes (RFC 6238), in base 32. */
  readonly totp?: string | undefined;
}

/** Where the keys come from; asked anew for each message, so that a rotation counts at once. */
export interface Keys {
  /** @throws MiltonError KEYS_UNSAFE, KEYS_BROKEN */
  current(): KeySet;
}
export const Keys = token<Keys>('Keys');

/** Nobody has made any. */
export const NO_KEYS: Keys = { current: () => ({ signing: [] }) };
