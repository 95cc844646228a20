import type { Clock } from '../services.ts';
import type { StoredQuestion } from '../store/job-store.ts';
import type { CaughtUp } from './caught-up.ts';

interface DeadlinesOptions {
  readonly clock: Clock;
  readonly caughtUp: CaughtUp;
  readonly stop: AbortSignal;
  /** Called when a question may be over that was not before. */
  ring(): void;
}

/** What is known here of an open question. */
interface Waiting {
  /** By a clock that nobody sets, in ms. */
  readonly since: number;
  /** Whether all that was sent before its deadline has come; undefined before the deadline. */
  arrived?: boolean;
}

/** Says when the time of open questions is over. */
export class Deadlines {
  readonly #options: DeadlinesOptions;
  readonly #waiting = new Map<string, Waiting>();

  constructor(options: DeadlinesOptions) {
    this.#options = options;
  }

  /** Forgets all questions but these. */
  keep(questions: readonly string[]): void {
    const open = new Set(questions);
    for (const id of this.#waiting.keys()) if (!open.has(id)) this.#waiting.delete(id);
  }

  /** By the clock as it is now (ms): one that was set back since the question was asked must not make it wait for longer. */
  of({ id, askedAt, deadline }: StoredQuestion): number {
    const { since } = this.#of(id);
    const now = this.#options.clock.now();
    return now < askedAt ? now + (deadline - askedAt) - (performance.now() - since) : deadline;
  }

  /** Whether all that was sent in time through the transport has come, now that the deadline has passed; rings when it has. */
  allHasCome(id: string, transport: string): boolean {
    const waiting = this.#of(id);
    if (waiting.arrived !== undefined) return waiting.arrived;
    waiting.arrived = false;
    const { caughtUp, stop, ring } = this.#options;
    const come = () => {
      waiting.arrived = true;
      ring();
    };
    caughtUp(transport, stop).then(come, () => {});
    return false;
  }

  #of(id: string): Waiting {
    const known = this.#waiting.get(id) ?? { since: performance.now() };
    this.#waiting.set(id, known);
    return known;
  }
}
