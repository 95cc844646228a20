import type { Logger } from '../../../pipeline/services.ts';
import type { HealthState } from '../../health.ts';
import type { Announcer } from '../announcer.ts';
import { deafNotice } from '../listen/listening-notices.ts';
import type { NtfyOptions } from '../options.ts';
import type { Hearing } from './hearing.ts';

interface DeafnessParts {
  readonly hearing: Hearing;
  readonly options: NtfyOptions;
  readonly health: HealthState;
  readonly announcer: Announcer;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Tells of the state of Milton's hearing: in the health, and once per episode on the phone. */
export class Deafness {
  readonly #parts: DeafnessParts;
  #since = 0;

  constructor(parts: DeafnessParts) {
    this.#parts = parts;
  }

  /** A connection stands. */
  opened(): void {
    const { hearing, health, options } = this.#parts;
    if (hearing.deaf)
      health.deaf(`what is sent to ${options.askTopic} does not arrive over the connection`, this.#since);
    else health.connected();
  }

  /** Something new came over the stream. */
  heard(): void {
    const { hearing, health, logger } = this.#parts;
    const was = hearing.deaf;
    hearing.heard();
    if (!was) return;
    logger.info('hears again');
    health.connected();
  }

  /** Something did not come over the stream; `what` begins the line in the log. */
  missed(what: string): void {
    const { hearing, logger, announcer, options, now } = this.#parts;
    const was = hearing.deaf;
    hearing.missed();
    logger.warn(`${what} did not arrive over the connection; making a new one`);
    if (was || !hearing.deaf) return;
    this.#since = now();
    this.opened();
    announcer.say(deafNotice(this.#since, options));
  }
}
