import { createHash } from 'node:crypto';
import type { Clock } from '../../pipeline/services.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import { brief } from '../slots.ts';
import type { Finding, Question, Researcher } from './researcher.ts';

/** What was found is still news for so long, in ms. */
const DAY = 24 * 3600_000;

const finding = brief.schema.omit({ fallback: true, cached: true, answers: true, ms: true });

/** Findings of the last day, by what was asked: request and stack as they left the machine, and who was asked. Kept in the job store. */
export class FindingCache {
  readonly #store: Pick<JobStore, 'recall' | 'remember'>;
  readonly #clock: Clock;

  constructor(store: Pick<JobStore, 'recall' | 'remember'>, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What was found then, and cost then; undefined where nothing is known, or cannot be read. */
  async get(researcher: Researcher, question: Question): Promise<Finding | undefined> {
    const kept = await this.#store.recall(keyOf(researcher, question)).catch(() => undefined);
    return finding.safeParse(kept).data;
  }

  /** A store that is out costs the entry and nothing else. */
  async put(researcher: Researcher, question: Question, found: Finding): Promise<void> {
    const key = keyOf(researcher, question);
    await this.#store.remember(key, finding.parse(found), this.#clock.now() + DAY).catch(() => {});
  }
}

/** Nobody reads the request from it. */
function keyOf({ name, variant = '' }: Researcher, { task, outgoing }: Question): string {
  const asked = JSON.stringify([name, variant, task.kind, outgoing.replace(/\s+/g, ' ').trim().toLowerCase()]);
  return `found:${createHash('sha256').update(asked).digest('base64url')}`;
}
