import { safe, type Terminal } from '../command-line/terminal.ts';
import type { Finding } from './examination.ts';

const MARKS = { ok: ['green', '✓'], warning: ['yellow', '!'], failure: ['red', '✗'] } as const;
/** As wide as the longest topic, and two. */
const WIDTH = 15;

/** Prints a line for each finding, with why it matters and what mends it below those that are not in order. */
export function show(findings: readonly Finding[], terminal: Terminal): void {
  for (const { topic, state, what, why, repair } of findings) {
    const [colour, mark] = MARKS[state];
    terminal.print(`${terminal.style(colour, mark)} ${topic.padEnd(WIDTH)}${safe(what)}`);
    const below = [...(why ? [why] : []), ...(repair ? [repair] : [])];
    for (const text of state === 'ok' ? [] : below) {
      terminal.print(`  ${' '.repeat(WIDTH)}${text === repair ? terminal.style('bold', safe(text)) : safe(text)}`);
    }
  }
}

/** What it comes to, in one line. */
export function summary(findings: readonly Finding[]): string {
  const count = (state: Finding['state']) => findings.filter((each) => each.state === state).length;
  const told = [
    [count('failure'), 'failure'],
    [count('warning'), 'warning'],
  ] as const;
  const wrong = told.flatMap(([number, word]) => (number > 0 ? [`${number} ${word}${number > 1 ? 's' : ''}`] : []));
  const mended = findings.some(({ fix }) => fix) ? ' Some of it can be mended at once: milton doctor --fix' : '';
  return wrong.length === 0 ? 'Everything is in order.' : `${wrong.join(' and ')}.${mended}`;
}

/** The findings as a program reads them. */
export const asJson = (findings: readonly Finding[]) =>
  findings.map(({ exit: _, fix, ...told }) => ({ ...told, fixable: fix !== undefined }));
