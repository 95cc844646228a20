import { oneLine } from './one-line.ts';

/** A text of others as code within a line, which it cannot end: there are more ticks around it than anywhere in it. */
export function codeSpan(text: string): string {
  const line = oneLine(text);
  const ticks = '`'.repeat(1 + Math.max(0, ...Array.from(line.matchAll(/`+/g), ([run]) => run.length)));
  const gap = /^`|`$/.test(line) ? ' ' : '';
  return `${ticks}${gap}${line}${gap}${ticks}`;
}
