import type { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Notice } from '../pipeline/message.ts';
import { sanitise } from '../pipeline/services/sanitise.ts';
import { plainLine } from './plain-line.ts';

/** A notice as lines for a terminal: the title, and what belongs to it indented. Colour only where `output` shows it. */
export function showNotice(notice: Notice, output: Writable): string {
  const style = (format: 'bold' | 'dim', text: string) => styleText(format, text, { stream: output });
  const body = sanitise(notice.body ?? '').trimEnd();
  const links = [
    ...(notice.click === undefined ? [] : [plainLine(notice.click)]),
    ...(notice.actions ?? []).map(
      (action) =>
        `[${plainLine(action.label)}] ${'url' in action ? plainLine(action.url) : `type: ${plainLine(action.reply)}`}`,
    ),
  ];
  const lines = [style('bold', plainLine(notice.title))];
  if (body !== '') lines.push(...body.split('\n').map((line) => `  ${line}`.trimEnd()));
  lines.push(...links.map((line) => `  ${style('dim', line)}`));
  return `${lines.join('\n')}\n\n`;
}
