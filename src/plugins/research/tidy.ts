import { z } from 'zod';
import { everyText } from '../../pipeline/every-text.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import { sanitise } from '../../pipeline/services/sanitise.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import { brief } from '../slots.ts';
import type { Finding } from './researcher.ts';

/** Far beyond what was asked for; it keeps a runaway answer out of the store. */
const MAX_TEXT = 20_000;
const MAX_SOURCES = 30;
/** Characters of a source's title, of its number, and of who wrote the answer. */
const TITLE = 200;
const NUMBER = 10;
const WRITER = 80;
const CUT = '(The answer was cut: it reached the limit of its length.)';

/** What a finding must be, whoever has written the researcher. Other fields are not taken over. */
const finding = brief.schema
  .pick({ by: true, text: true, notes: true, sources: true, costUsd: true, tokens: true })
  .extend({ cut: z.boolean().optional() });

/** A finding as it may be stored and shown: clean, of bounded length, with public https addresses only; undefined where it is none. */
export function tidy(found: unknown, clean: Clean): Finding | undefined {
  const { data } = finding.safeParse(found);
  if (!data) return undefined;
  const { notes, text, cut, ...rest } = data;
  const cutText = (each: string) => clean(each).trim().slice(0, MAX_TEXT).toWellFormed();
  const kept = cutText(text);
  if (kept === '') return undefined;
  return {
    ...rest,
    ...(cut ? { cut } : {}),
    by: shortLine(clean(data.by), WRITER),
    text: cut ? `${kept}\n\n${CUT}` : kept,
    ...(notes && JSON.stringify(notes).length <= MAX_TEXT ? { notes: everyText(notes, cutText) } : {}),
    sources: data.sources.slice(0, MAX_SOURCES).flatMap(({ n, title, url }) => {
      const address = publicAddress(url);
      if (address === undefined) return [];
      const told = shortLine(clean(title), TITLE) || new URL(address).hostname;
      return [{ n: shortLine(clean(n), NUMBER), title: told, url: cleanAddress(address, clean) }];
    }),
  };
}

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
