import { type Mentions, readMentions } from './mentions.ts';
import type { Kind, Names } from './reading.ts';
import { matchAt, shouted, withoutEnd } from './scan.ts';
import { ORDER, QUESTION } from './words.ts';
import { closedAt, closingOf } from './wrapping.ts';

/** What stands before a request; the request itself is `text.slice(from, to)`. */
export interface Prefix {
  readonly kind: Kind | undefined;
  readonly repository: string | undefined;
  /** Another repository than that one, named beside it. */
  readonly other: string | undefined;
  readonly agent: string | undefined;
  readonly unknown: string | undefined;
  readonly from: number;
  readonly to: number;
}

const OPEN = /["'([{*_<]*\s*/y;
const CLOSE = /\s*["')\]}*_>]+/y;
const CODEX = /code[ -]?x(?![\p{L}\p{N}_'])/iuy;
const CLAUDE = /claude code(?=\s*:|\s+colon\b|\s+@|\s*$)/iy;
const WORD = /[\p{L}\p{N}][\p{L}\p{N}_-]*(?!')/uy;
const SEPARATOR =
  /\s*[:;](?![:/])\s*|\s+(?:colon|comma)\b[\s:,.]*|\s*[.!](?=\s)\s*|\s+-+\s+|-+\s+|[ ]*\n\s*|[\s.!,-]*$/iy;
const COMMA = /\s*,\s*/y;
const LIST = /\S+(?:,|\s+(?:and|or)\s)/iy;

/**
 * Reads `CODE [@repo] [@agent]:` and its spoken and misspaced forms at a place. Without any sign that the word is a prefix
 * ("Code review is slow") it is the beginning of a sentence, and the result undefined.
 */
export function readPrefix(text: string, start: number, names: Names): Prefix | undefined {
  const open = matchAt(OPEN, text, start)![0];
  const place = start + open.length;
  const head = wordAt(text, place, names);
  const close = head ? (matchAt(CLOSE, text, head.end)?.[0] ?? '') : '';
  const mentions = readMentions(text, head ? head.end + close.length : place, names);
  if (!head && mentions.count === 0) return undefined;
  const end = separatorEnd(text, mentions, head, /[[({<*]/.test(open) && close !== '');
  const keeps = end === undefined && head !== undefined && shouted(head.word, text.slice(head.end));
  if (end === undefined && !keeps) return undefined;
  const around = close === '' ? closingOf(open.trim()) : '';
  const closed = end !== undefined && around !== '' && text.startsWith(`${around} `, end);
  const begin = closed ? end + around.length : end;
  const late = begin === undefined ? undefined : readMentions(text, begin, names, 'known');
  const after = late && late.count > 0 ? (matchAt(SEPARATOR, text, late.end)?.[0].length ?? 0) + late.end : begin;
  const repository = mentions.repository ?? late?.repository;
  return {
    kind: head?.kind,
    repository,
    other: mentions.other ?? late?.other ?? (late?.repository === repository ? undefined : late?.repository),
    agent: mentions.agent ?? late?.agent ?? head?.agent,
    unknown: mentions.unknown,
    from: after ?? start,
    to: closed ? text.length : closedAt(text, place, around),
  };
}

interface Head {
  readonly word: string;
  readonly kind: Kind;
  readonly agent: string | undefined;
  readonly end: number;
}

function wordAt(text: string, place: number, names: Names): Head | undefined {
  const spoken = matchAt(CODEX, text, place)?.[0] ?? matchAt(CLAUDE, text, place)?.[0];
  const word = spoken ?? withoutEnd(matchAt(WORD, text, place)?.[0] ?? '', /[_-]/);
  if (word === '') return undefined;
  const plain = spoken === undefined ? word.toLowerCase() : /x$/i.test(spoken) ? 'codex' : 'claude';
  const end = place + word.length;
  if (plain === 'code' || plain === 'research') {
    return { word, kind: plain === 'code' ? 'CODE' : 'RESEARCH', agent: undefined, end };
  }
  const known = names.agents.find((name) => name.toLowerCase() === plain);
  const agent = known ?? (plain === 'claude' || plain === 'codex' ? plain : undefined);
  return agent === undefined ? undefined : { word, kind: 'CODE', agent, end };
}

/** Where the request begins, when something shows that the words before it are a prefix. */
function separatorEnd(
  text: string,
  mentions: Mentions,
  head: Head | undefined,
  bracketed: boolean,
): number | undefined {
  const strong = matchAt(SEPARATOR, text, mentions.end);
  if (strong) return mentions.end + strong[0].length;
  const comma = matchAt(COMMA, text, mentions.end);
  const next = mentions.end + (comma ?? matchAt(/\s*/y, text, mentions.end)!)[0].length;
  const ordered = matchAt(ORDER, text, next) || (head?.kind === 'RESEARCH' && matchAt(QUESTION, text, next));
  if (ordered || mentions.count > 0 || bracketed) return next;
  return comma && !matchAt(LIST, text, next) ? next : undefined;
}
