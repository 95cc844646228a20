import type { Clock } from '../services.ts';

/** The machine's own clock. */
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }
}
