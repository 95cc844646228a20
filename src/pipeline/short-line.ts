/** A text on one line of at most so many UTF-16 units, for a phone. What others wrote is cleaned before: half a secret is not recognised. */
export function shortLine(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1).toWellFormed()}…` : line;
}
