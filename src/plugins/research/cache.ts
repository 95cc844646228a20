import { createHash } from 'node:crypto';
import type { Clean } from '../../pipeline/services/clean.ts';
import type { Clock } from '../../pipeline/services.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import type { Finding, Question, Researcher } from './researcher.ts';
import { tidy } from './tidy.ts';

/** What was found is still news for so long, in ms. */
const DAY = 24 * 3600_000;

interface CacheParts {
  readonly store: Pick<JobStore, 'recall' | 'remember'>;
  readonly clock: Clock;
  readonly clean: Clean;
}

/** Findings of the last day, by what was asked: request and stack as they left the machine, and who was asked. Kept in the job store. */
export class FindingCache {
  readonly #parts: CacheParts;

  constructor(parts: CacheParts) {
    this.#parts = parts;
  }

  /** What was found then, and cost then; undefined where nothing is known, or cannot be read. */
  async get(researcher: Researcher, question: Question): Promise<Finding | undefined> {
    const { store, clean } = this.#parts;
    return tidy(await store.recall(keyOf(researcher, question)).catch(() => undefined), clean);
  }

  /** Keeps a good answer: one that is whole and says where it comes from. A store that is out costs the entry and nothing else. */
  async put(researcher: Researcher, question: Question, found: Finding): Promise<void> {
    if (found.cut || found.sources.length === 0) return;
    const { store, clock } = this.#parts;
    await store.remember(keyOf(researcher, question), { ...found }, clock.now() + DAY).catch(() => {});
  }
}

/** Nobody reads the request from it. */
function keyOf({ name, variant = '' }: Researcher, { task, outgoing }: Question): string {
  const asked = JSON.stringify([name, variant, task.kind, outgoing.replace(/\s+/g, ' ').trim()]);
  return `found:${createHash('sha256').update(asked).digest('base64url')}`;
}
