import { stripVTControlCharacters } from 'node:util';
import type { Usage } from '../../../pipeline/agent.ts';
import { ending, MARGIN } from '../../../pipeline/excerpt.ts';
import type { Clean } from '../../../pipeline/services/clean.ts';
import { shortLine } from '../../../pipeline/short-line.ts';
import type { CliEnd } from '../process/run-cli.ts';
import { LINE_LIMIT } from '../process/tail.ts';
import type { Dialect, Failure, Heard } from './cli-agent.ts';
import { holds, isObject, valueAt } from './command-fields.ts';
import { type CommandOptions, type Field, NUMBERS } from './command-options.ts';
import { asksFor } from './command-template.ts';
import { doing, exitOf, parseLine, REASON, sentence, valueInWords } from './wording.ts';

/** Characters of a text that count as its answer. */
const TEXT_KEPT = 4_096;
/** Characters of one object that are read over and over, each time that it may have come to its end. */
const TRIES = 4 * LINE_LIMIT;

interface State {
  readonly text: string;
  readonly session?: string;
  /** What it says went wrong; empty = no more than that something did. */
  readonly error?: string;
  readonly used: Usage;
  readonly ended: boolean;
  /** An object of several lines, as far as it has come. */
  readonly open?: string | undefined;
  /** How many characters of it have been taken for the whole in vain. */
  readonly tried?: number;
}

type Output = Pick<CommandOptions, 'parser' | 'paths' | 'when' | 'sum' | 'end' | 'successCodes' | 'args' | 'readArgs'>;

/** What the output of a program means, as the options describe it. */
export function commandOutput(options: Output): Dialect<State> {
  const { parser, args, readArgs = args } = options;
  const namesSession = asksFor(args, 'session') && asksFor(readArgs, 'session');
  return {
    begin: (session) => ({
      ...{ text: '', used: {}, ended: false },
      ...(namesSession && session !== undefined ? { session } : {}),
    }),
    read(state, line) {
      if (parser === 'text') return readText(state, line);
      return parser === 'json' ? readPart(options, state, line) : readObject(options, state, parseLine(line));
    },
    used: ({ used }) => used,
    // Of an end that it tells after it was asked to stop nobody knows what it means.
    ending: ({ ended }) => (tellsEnd(options) && ended ? 'unsure' : undefined),
    failure(state, exit, clean) {
      // Some write the object that tells of an error to standard error.
      const lines = parser === 'json' && !state.ended ? exit.stderr.split('\n') : [];
      const told = lines.reduce((known, line) => readPart(options, known, line).state, state);
      return failureOf({ ...state, ...(told.error === undefined ? {} : { error: told.error }) }, exit, options, clean);
    },
    said: ({ text, session }, clean) => ({
      text: parser === 'text' ? endOf(clean(text)) : text,
      ...(session === undefined ? {} : { session }),
      denials: [],
    }),
  };
}

function readText(state: State, line: string): Heard<State> {
  // What a carriage return has painted over was never meant to stay.
  const shown = ending(stripVTControlCharacters(line).trimEnd().split('\r').at(-1)!, TEXT_KEPT);
  const text = state.text === '' ? shown : `${state.text}\n${shown}`;
  const kept = text.length > 4 * MARGIN ? ending(text, TEXT_KEPT) : text;
  const progress = doing(shown);
  return { state: { ...state, text: kept }, ...(progress ? { progress: [progress] } : {}) };
}

/** What counts of a text as its answer; a character of two halves may have lost its first there. */
const endOf = (text: string) =>
  text
    .trimEnd()
    .slice(-TEXT_KEPT)
    .replace(/^[\uDC00-\uDFFF]/, '');

/** Takes in a line of an object that may have several; its first and its last one begin with a brace. */
function readPart(options: Output, state: State, line: string): Heard<State> {
  const begins = line.startsWith('{');
  if (!begins && state.open === undefined) return { state };
  const open = begins ? line : `${state.open}\n${line}`;
  const tried = begins ? 0 : (state.tried ?? 0);
  const mayEnd = (begins || line.startsWith('}')) && line.trimEnd().endsWith('}');
  if (!mayEnd) return { state: { ...state, open: open.length > LINE_LIMIT ? undefined : open, tried } };
  const found = parseLine(open);
  if (found !== undefined) return readObject(options, { ...state, open: undefined }, found);
  const lost = open.length > LINE_LIMIT || tried + open.length > TRIES;
  return { state: { ...state, open: lost ? undefined : open, tried: tried + open.length } };
}

function readObject({ parser, paths, when, sum, end }: Output, state: State, found: unknown): Heard<State> {
  if (!isObject(found)) return { state };
  const all = (field: Field): readonly unknown[] => {
    const condition = when[field];
    if (condition !== undefined && !holds(found, condition)) return [];
    return [paths[field] ?? []].flat().map((path) => valueAt(found, path));
  };
  const string = (field: Field) => all(field).find((value) => typeof value === 'string');
  const used: Record<string, number> = {};
  for (const kind of NUMBERS) {
    const numbers = all(kind).filter((value) => Number.isFinite(value) && Number(value) >= 0) as number[];
    const before = sum.includes(kind) ? (state.used[kind] ?? 0) : 0;
    if (numbers.length > 0) used[kind] = numbers.reduce((total, each) => total + each, before);
  }
  const [text, session, error] = [string('text'), string('session'), complaint(all('error')[0])];
  const isEnd = end === undefined ? parser === 'json' && (text ?? error) !== undefined : holds(found, end);
  const news = {
    ...(text ? { text } : {}),
    ...(session ? { session } : {}),
    ...(error === undefined ? {} : { error }),
    ...(Object.keys(used).length === 0 ? {} : { used: { ...state.used, ...used } }),
    ...(isEnd ? { ended: true } : {}),
  };
  const progress = doing(string('progress') ?? '');
  return {
    state: Object.keys(news).length === 0 ? state : { ...state, ...news },
    ...(progress ? { progress: [progress] } : {}),
  };
}

/** What a value says went wrong; undefined for those that say that nothing did. */
function complaint(found: unknown): string | undefined {
  if (found === undefined || found === null || found === false || found === 0 || found === '') return undefined;
  if (found === true) return '';
  if (Array.isArray(found) && found.length === 0) return undefined;
  return valueInWords(found);
}

/** Whether it tells when it is over: else Milton knows only how it exited. */
const tellsEnd = ({ parser, end }: Output) => end !== undefined || parser === 'json';

/** Why it failed, in the order in which the facts can be trusted. */
function failureOf(state: State, end: CliEnd, options: Output, clean: Clean): Failure | undefined {
  if (state.error !== undefined) {
    const said = [state.error, state.text].map((text) => shortLine(clean(text), REASON)).find((text) => text !== '');
    return { cause: 'other', reason: sentence(said ?? 'It ended with an error') };
  }
  const last = shortLine(clean(end.stderr.split('\n').at(-1)!), REASON);
  const why = last ? `: ${sentence(last)}` : '.';
  if (tellsEnd(options) && !state.ended) {
    return { cause: 'crash', reason: `It ended without a result (${exitOf(end)})${why}` };
  }
  if (end.exitCode !== undefined && options.successCodes.includes(end.exitCode)) return undefined;
  if (tellsEnd(options)) return { cause: 'crash', reason: `It reported success, but ended with ${exitOf(end)}.` };
  return { cause: end.exitCode === undefined ? 'crash' : 'other', reason: `It ended with ${exitOf(end)}${why}` };
}
