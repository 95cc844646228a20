import type { Question } from '../store/job-store.ts';
import { misuse } from './misuse.ts';

/** How many choices there may be, and their bytes together: each is shown with the words to send. */
const MOST = { choices: 20, bytes: 1000 };
const LONGEST = 100 * 365 * 24 * 3600_000;

/** Throws where a question cannot be asked or answered; it names the step that asks. */
export function checkQuestion(step: string, name: string, { choices, onTimeout, timeout }: Question): void {
  const refuse = (why: string) => {
    throw misuse.badQuestion(step, name, why);
  };
  if (choices.length === 0) refuse('gives no choices');
  if (choices.length > MOST.choices) refuse(`gives more than ${MOST.choices} choices`);
  if (choices.some((choice) => choice.trim() === '' || /[\r\n]/.test(choice))) {
    refuse('one of its choices is empty or has more than one line');
  }
  // As answers are compared.
  const told = new Set(choices.map((choice) => choice.trim().toLowerCase()));
  if (told.size < choices.length) refuse('two of its choices differ in nothing but case or spaces');
  if (Buffer.byteLength(choices.join()) > MOST.bytes) refuse(`its choices have more than ${MOST.bytes} bytes together`);
  if (!choices.includes(onTimeout)) refuse(`onTimeout, "${onTimeout}", is not one of its choices`);
  if (!(timeout >= 0 && timeout <= LONGEST))
    refuse(`its timeout, ${timeout}, is no number of milliseconds within 100 years`);
}
