import { everyText } from '../../pipeline/every-text.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import { sanitise } from '../../pipeline/services/sanitise.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { Finding } from './researcher.ts';

/** Far beyond what was asked for; it keeps a runaway answer out of the store. */
const MAX_TEXT = 20_000;
const MAX_NOTES = 60;
const MAX_SOURCES = 30;
/** Characters of a source's title, and of who wrote it. */
const TITLE = 200;
const WRITER = 80;

/** A finding as it may be stored and shown: clean, of bounded length, with public https addresses only. */
export function tidy(found: Finding, clean: Clean): Finding {
  const { notes, ...rest } = found;
  const cutText = (text: string) => clean(text).trim().slice(0, MAX_TEXT).toWellFormed();
  return {
    ...rest,
    by: shortLine(clean(found.by), WRITER),
    text: cutText(found.text),
    ...(notes && countOf(notes) <= MAX_NOTES ? { notes: everyText(notes, cutText) } : {}),
    sources: found.sources.slice(0, MAX_SOURCES).flatMap(({ n, title, url }) => {
      const address = publicAddress(url);
      if (address === undefined) return [];
      const told = shortLine(clean(title), TITLE) || new URL(address).hostname;
      return [{ n: shortLine(clean(n), 10), title: told, url: cleanAddress(address, clean) }];
    }),
  };
}

const countOf = (notes: NonNullable<Finding['notes']>) =>
  Object.values(notes).reduce((count, part) => count + (Array.isArray(part) ? part.length : 1), 0);

/** An address, without its path where that holds a secret; how it is encoded must not hide one. */
function cleanAddress(url: string, clean: Clean): string {
  const { origin, pathname } = new URL(url);
  const written = pathname.replace(/%[0-9A-F]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  return clean(url) === url && clean(written) === sanitise(written) ? url : origin;
}

/** An https address without its query, which may carry tracking or a key; undefined for anything else. */
function publicAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname, username } = new URL(url);
  return protocol === 'https:' && username === '' ? `https://${host}${pathname}` : undefined;
}
