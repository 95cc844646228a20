import { keyLines } from '../../pipeline/services/private-keys.ts';
import { begin as beginClaude, readLine as readClaude } from './agents/claude-events.ts';
import type { Heard } from './agents/cli-agent.ts';
import { begin as beginCodex, readLine as readCodex } from './agents/codex-events.ts';
import { parseLine } from './agents/wording.ts';

const CLAUDE = new Set(['system', 'assistant', 'user', 'result', 'rate_limit_event', 'stream_event']);
const CODEX = /^(?:thread|turn|item)\./;
/** Fields by which programs say something, and how deep such a field may lie. */
const SAYING = new Set(['progress', 'text', 'message', 'content', 'error', 'failed']);
const DEPTH = 4;

/** Reads the saved output of an agent or a command, line by line: what each line tells a person. It must be cleaned before it is shown. */
export function transcript(): (line: string) => readonly string[] {
  const isOfKey = keyLines();
  let codex = beginCodex();
  return (line) => {
    const value = line.startsWith('{') ? parseLine(line) : undefined;
    if (typeof value !== 'object' || value === null) return line.trim() === '' || isOfKey(line) ? [] : [line];
    const { type } = value as { type?: unknown };
    if (typeof type === 'string' && CLAUDE.has(type)) return told('', readClaude(beginClaude(undefined), line));
    if (typeof type !== 'string' || !CODEX.test(type)) return textsIn(value);
    const { text } = codex;
    const heard = readCodex(codex, line);
    codex = heard.state;
    return told(text, heard);
  };
}

const told = (before: string, { state, progress = [] }: Heard<{ readonly text: string }>) => [
  ...(state.text === before ? [] : [state.text]),
  ...progress,
];

/** What an event of another program says. */
function textsIn(value: object, depth = DEPTH): string[] {
  return Object.entries(value).flatMap(([key, each]: [string, unknown]) => {
    if (typeof each === 'string') return SAYING.has(key) && each.trim() !== '' ? [each] : [];
    return depth > 0 && typeof each === 'object' && each !== null ? textsIn(each, depth - 1) : [];
  });
}
