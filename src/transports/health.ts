import { BehaviorSubject, distinctUntilChanged, type Observable } from 'rxjs';
import type { Health } from '../pipeline/transport.ts';

/** Holds what a transport knows of its connection, and tells it to early and late listeners alike. */
export class HealthState {
  readonly health$: Observable<Health>;
  readonly #now: () => number;
  readonly #state: BehaviorSubject<Health>;

  constructor(now: () => number) {
    this.#now = now;
    this.#state = new BehaviorSubject<Health>({ state: 'reconnecting', since: this.#time(), why: 'not connected yet' });
    this.health$ = this.#state.pipe(distinctUntilChanged());
  }

  connected(): void {
    if (this.#state.value.state !== 'connected') this.#state.next({ state: 'connected' });
  }

  /** The same reason again is no news; a new one does not change since when it is down. */
  lost(why: string): void {
    const before = this.#state.value;
    if (before.state === 'reconnecting' && before.why === why) return;
    const since = before.state === 'reconnecting' ? before.since : this.#time();
    this.#state.next({ state: 'reconnecting', since, why });
  }

  /** Connected, and yet it does not hear what is sent; `since` in ms since the epoch. */
  deaf(why: string, since: number): void {
    const state = { state: 'deaf', since: new Date(since).toISOString(), why } as const;
    const before = this.#state.value;
    if (before.state !== 'deaf' || before.since !== state.since || before.why !== why) this.#state.next(state);
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}
