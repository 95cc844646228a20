import type { Clean } from '../services/clean.ts';
import type { Question } from '../store/job-store.ts';

/** A question whose words may be cut. Its choices stay as they are, since answers are compared with them. */
export function cleanQuestion(question: Question, clean: Clean): Question {
  const { title, body } = question;
  return { ...question, title: clean(title), ...(body === undefined ? {} : { body: clean(body) }) };
}
