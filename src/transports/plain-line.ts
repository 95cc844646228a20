import { sanitise } from '../pipeline/services/sanitise.ts';

/** A text on one line, without anything that could forge a header or drive a terminal. */
export function plainLine(text: string): string {
  return sanitise(text)
    .replace(/[\n\t]+/g, ' ')
    .trim();
}
