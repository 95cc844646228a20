import type { Clean } from '../../pipeline/services/clean.ts';

/** What a question can show on every phone, in characters. */
const MOST = 280;

/**
 * Why a text cannot be shown just as it is, as the end of a sentence; undefined where it can. Whoever is asked about a message that nobody
 * has signed must see all that would be run.
 */
export function notShownWhole(text: string, clean: Clean): string | undefined {
  if (text.length > MOST) return `it has more than ${MOST} characters`;
  if (/[\r\n]/.test(text.trim())) return 'it has more than one line';
  // They would push the rest out of sight.
  if (/ {3}|[^\S ]|\u2800/.test(text.trim())) return 'it has more than spaces between its words';
  return clean(text) === text ? undefined : 'it holds signs that nobody sees, or what looks like a secret';
}
