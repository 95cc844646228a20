import { readRequestId } from './request-id.ts';

const CONTINUE = /["'([{*_<\s]*(?:please\s+)?continue\b/iy;
/** What separates the request that is meant from what is to be done about it. */
const SEPARATOR = /(?:[:,;]|\.(?=\s|$)|\bcolon\b)\s*/i;
/** One word that is meant as an id, and has a letter too few or a wrong one: whoever looks it up says so. */
const LIKE_AN_ID = /^(?:req_\w*|(?=\D*\d)[a-z\d]{5,8})$/i;

/**
 * Reads "CONTINUE last: also add tests", "continue k4m2xa", "continue: …" (the last one) from a place on: whose request, and where
 * the text about it begins. "Continue the migration to ESM" is none.
 */
export function readContinue(text: string, start: number): { readonly of: string; readonly from: number } | undefined {
  CONTINUE.lastIndex = start;
  const found = CONTINUE.exec(text);
  if (!found) return undefined;
  const after = start + found[0].length;
  const rest = text.slice(after);
  if (/^[\s.!"')\]}*_>]*$/.test(rest)) return { of: 'last', from: text.length };
  const separator = SEPARATOR.exec(rest);
  const named = rest.slice(0, separator?.index ?? rest.length).trim();
  const id = readRequestId(named) ?? (LIKE_AN_ID.test(named) ? named.toLowerCase() : undefined);
  const of = separator && named === '' ? 'last' : id;
  if (of === undefined) return undefined;
  return { of, from: separator ? after + separator.index + separator[0].length : text.length };
}
