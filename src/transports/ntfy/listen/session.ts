import { BehaviorSubject, Subject } from 'rxjs';
import type { NtfyEvent } from '../server/events.ts';
import { Renewal } from './renewal.ts';
import type { SleepWatch } from './sleep-watch.ts';

/** What the parts of one time of listening share: the connection that stands, and the wish for a new one. */
export class Session {
  /** The `open` of the connection that stands. */
  readonly connection$ = new BehaviorSubject<NtfyEvent | undefined>(undefined);
  /** Each gives up the connection, or the waiting for one. */
  readonly renew$ = new Subject<Renewal>();
  readonly #sleep: SleepWatch;
  readonly #woke: () => void;

  /** `woke` is called before a connection from before the sleep is given up. */
  constructor(sleep: SleepWatch, woke: () => void) {
    this.#sleep = sleep;
    this.#woke = woke;
  }

  /** To be called now and then, and before anything is taken from a connection. */
  look(): void {
    if (this.#sleep.jumped()) this.wake('this machine slept, or its clock was set');
  }

  /** Nothing that was known of the time is true any more. */
  wake(why: string): void {
    this.#woke();
    this.renew$.next(new Renewal(why, { asleep: true }));
  }
}
