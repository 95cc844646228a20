import { randomBytes } from 'node:crypto';
import { sanitise } from '../../pipeline/services/sanitise.ts';

/** The most characters of a foreign text in a prompt. */
export const MAX_LENGTH = 6000;

/**
 * Wraps a foreign text so that a reader can tell where it ends: between tags with a random name that the text does not
 * contain. Control and invisible characters are taken out, and it is cut after 6,000 characters.
 */
export function fence(foreign: string, newMarker: () => string = randomMarker): string {
  const clean = sanitise(foreign).trim();
  const text = clean.length > MAX_LENGTH ? `${clean.slice(0, MAX_LENGTH).toWellFormed()}…` : clean;
  let marker = newMarker();
  while (text.toLowerCase().includes(marker)) marker = newMarker();
  return `<research-${marker}>\n${text}\n</research-${marker}>`;
}

const randomMarker = () => randomBytes(6).toString('hex');
