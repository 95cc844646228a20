import { safe, type Terminal } from '../command-line/terminal.ts';
import { clock } from '../command-line/wording.ts';
import type { LogEntry } from './run-log.ts';

/** Prints what happened to a request, for a person; its states are told by whoever asks. */
export function showEntry(entry: LogEntry, terminal: Terminal): void {
  if (entry.type === 'notice') {
    const { title, body } = entry.notice;
    terminal.print(`${terminal.style('dim', clock(entry.at))} ${safe(title)}`);
    for (const line of body ? safe(body, { lines: true }).split('\n') : []) terminal.print(`         ${line}`);
  }
  if (entry.type === 'output') {
    const from = entry.from === '' ? '' : `${terminal.style('dim', `${safe(entry.from)}:`)} `;
    for (const line of safe(entry.text, { lines: true }).split('\n'))
      terminal.print(`  ${terminal.style('dim', '│')} ${from}${line}`);
  }
}

/** The same for machines. */
export function entryAsJson(entry: LogEntry): object {
  if (entry.type === 'output') return { v: 1, ...entry };
  const at = new Date(entry.at).toISOString();
  if (entry.type === 'state') return { v: 1, ...entry, at };
  const { title, body, kind } = entry.notice;
  return { v: 1, type: 'notice', at, title, body, kind };
}
