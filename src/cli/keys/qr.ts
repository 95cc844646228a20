import { renderUnicodeCompact } from 'uqr';
import type { Terminal } from '../command-line/terminal.ts';

/** A text as a QR code for the terminal: dark on light, whatever the colours of the terminal are. */
export function qrLines(text: string, { style }: Pick<Terminal, 'style'>): readonly string[] {
  return renderUnicodeCompact(text, { border: 2, ecc: 'M' })
    .split('\n')
    .map((line) => style(['black', 'bgWhiteBright'], line));
}
