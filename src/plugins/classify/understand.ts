import { fold } from './fold.ts';
import { readMentions } from './mentions.ts';
import { nearest } from './nearest.ts';
import { readCommand } from './read-command.ts';
import { readContinue } from './read-continue.ts';
import { readPrefix } from './read-prefix.ts';
import type { Kind, Names, Reading } from './reading.ts';
import { readRequestId } from './request-id.ts';
import { matchAt, shouted, wordsOf } from './scan.ts';
import { ORDERS_TO_MILTON, ORDINARY, QUESTION, SMALL_TALK } from './words.ts';

const GREETING = /["'\s]*(?:hey|hi|hello|ok|okay|yo|dear)\b[\s,]*milton(?=[\s,.:;!]|$)[\s,.:;!-]*/iy;
const NAMED = /["'\s]*milton(?:\s*,|\s*[:;!.]+(?=\s|$)|\s+-+(?=\s))\s*/iy;
const BARE = /["'\s]*milton(?=\s|$)\s*/iy;
const FIRST = /["'([{*_<\s]*([\p{L}-]+)/uy;
const REST = /["')\]}*_>]*(?:\s*[:,]|\s+colon\b)?\s*/iy;
const SIGN = /["')\]}*_>]*(?:\s*:(?!\/\/|:)|\s+colon\b|\s*,)/iy;

/** Reads what a message asks for. Never throws; the text of a request is a part of the message, letter by letter. */
export function understand(raw: string, names: Names): Reading {
  const folded = fold(raw);
  const { text } = folded;
  const clear = matchAt(GREETING, text, 0) ?? matchAt(NAMED, text, 0);
  const start = clear?.[0].length ?? 0;
  const guess = clear ? start : (matchAt(BARE, text, 0)?.[0].length ?? 0);
  for (const place of new Set([guess, start])) {
    const reading = readAt(text, place, names, folded.original);
    if (reading) return reading;
  }
  const words = wordsOf(text.slice(start));
  if (words.length === 0) return { is: 'unclear', why: 'empty', kind: undefined };
  if (asksNothing(words)) return { is: 'unclear', why: 'no request', said: text.slice(start).trim() };
  return request(undefined, undefined, undefined, folded.original(start));
}

/** Too little to be worth an agent: small talk, one word, or a command Milton does not have ("diff last"). */
function asksNothing(words: readonly string[]): boolean {
  const [first = '', second = ''] = words;
  // Languages without spaces write whole sentences as one "word".
  if (words.length === 1) return /^[\p{Script=Latin}\p{N}\p{P}]+$/u.test(first);
  if (words.every((word) => SMALL_TALK.has(word))) return true;
  if (words.length > 2) return false;
  const tagged = second === 'last' || /^req_[a-z2-7]{6,16}$/.test(second);
  return tagged || (ORDERS_TO_MILTON.test(first) && readRequestId(second) !== undefined);
}

type Original = (from: number, to?: number) => string;

function readAt(text: string, start: number, names: Names, original: Original): Reading | undefined {
  const command = readCommand(text.slice(start));
  if (command?.is === 'command') return command;
  const goesOn = readContinue(text, start);
  if (goesOn) return { is: 'continue', of: goesOn.of, text: original(goesOn.from).trim() };
  const prefix = readPrefix(text, start, names);
  if (!prefix) return command ?? nearMiss(text, start, names, original);
  if (prefix.unknown !== undefined) return { is: 'unclear', why: 'unknown name', name: prefix.unknown };
  if (prefix.agent !== undefined && !names.agents.includes(prefix.agent)) {
    return { is: 'unclear', why: 'unknown name', name: prefix.agent };
  }
  // Names alone ("@app RESEARCH: …", "CODEX: RESEARCH: …") leave what is to be done to what follows them.
  const only = prefix.kind === undefined || prefix.agent !== undefined;
  if (only) {
    const order = readCommand(text.slice(prefix.from, prefix.to));
    if (order?.is === 'command') return order;
  }
  const second = only ? readPrefix(text.slice(0, prefix.to), prefix.from, names) : undefined;
  const inner = second?.kind && second.unknown === undefined ? second : undefined;
  const { kind, repository, agent, from } = { ...prefix, ...defined(inner ?? {}) };
  const named = [prefix.repository, prefix.other, inner?.repository, inner?.other];
  const [one, other] = new Set(named.filter((name) => name !== undefined));
  if (one !== undefined && other !== undefined) {
    return { is: 'unclear', why: 'two repositories', repositories: [one, other] };
  }
  if (text.slice(from, prefix.to).trim() === '') return { is: 'unclear', why: 'empty', kind };
  return request(kind, repository, agent, original(from, prefix.to));
}

const defined = <T extends object>(value: T) =>
  Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Partial<T>;

function request(
  kind: Kind | undefined,
  repository: string | undefined,
  agent: string | undefined,
  text: string,
): Reading {
  return { is: 'request', kind, repository, agent, text: text.trim() };
}

/** A mistyped prefix ("RESEACH: x"): running it as the default kind would do something else than was asked. */
function nearMiss(text: string, start: number, names: Names, original: Original): Reading | undefined {
  const first = matchAt(FIRST, text, start);
  if (!first) return undefined;
  const word = first[1]!;
  const close = nearest(word.toLowerCase(), [
    'code',
    'research',
    'claude',
    'codex',
    ...names.agents.map((a) => a.toLowerCase()),
  ]);
  if (close === undefined || close === word.toLowerCase() || ORDINARY.has(word.toLowerCase())) return undefined;
  const end = start + first[0].length;
  const mentions = readMentions(text, end, names);
  const space = matchAt(/\s+/y, text, end);
  const question = close === 'research' && space && matchAt(QUESTION, text, end + space[0].length);
  const signed = mentions.count > 0 || matchAt(SIGN, text, end);
  if (!signed && !question && !shouted(word, text.slice(end)) && text.slice(end).trim() !== '') return undefined;
  const begin = mentions.end + matchAt(REST, text, mentions.end)![0].length;
  const meant = `${close.toUpperCase()}${original(end, mentions.end)}: ${original(begin).trim()}`;
  return { is: 'unclear', why: 'near miss', word, meant: meant.trim() };
}
