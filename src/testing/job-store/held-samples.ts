import type { Question, Resumption } from '../../pipeline/store/job-store.ts';
import { bare, final, request } from './samples.ts';

/** What held runs of the tests ask. */
const question: Question = { title: 'Run it?', choices: ['Yes', 'No'], timeout: 600_000, onTimeout: 'No' };
/** Replies with what came of an effect. */
export const reply = (result: unknown) => ({ title: JSON.stringify(result), kind: 'reply' as const });

/** A message that becomes the held run `id`. */
export const asks = (id: string, key = 'late/run', lane = 'app') => ({
  ...bare(id),
  run: id,
  hold: { id, lane, slots: { before: true }, key, question },
});
/** What the held run `id` leaves when its steps have run again. */
export const goesOn = (id: string, then: object, more: object = {}) =>
  ({ run: id, seen: [], effects: [], notices: [], ...then, ...more }) as unknown as Resumption;
/** The held run `id` reaches queue(). */
export const queued = (id: string, lane = 'app') => goesOn(id, { job: request(id, lane).job! });
/** The held run `id` ends. */
export const ended = (id: string) => goesOn(id, { ending: { outcome: 'expired', notice: final.notice } });
