import { randomInt } from 'node:crypto';

/** Letters and digits that are not mistaken for one another, read or spoken. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz234567';

/** Random characters for an id that a person may have to read out or type. */
export function spokenId(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** A new request id, such as `req_k4m2xa`. */
export const newRunId = (): string => `req_${spokenId(6)}`;
