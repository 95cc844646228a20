import type { Redact } from './redact.ts';
import { sanitise } from './sanitise.ts';

/** Makes a text fit to be shown, logged or sent. What is to be cut is cleaned before, since half a secret is not recognised. */
export type Clean = (text: string) => string;

/** Sanitises and then redacts: an invisible character within a secret would hide it. */
export const cleaner =
  (redact: Redact): Clean =>
  (text) =>
    redact(sanitise(text));
