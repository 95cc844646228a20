import 'reflect-metadata';
import { injectable } from 'tsyringe';
import type { Clock } from '../services.ts';

/** The machine's own clock. */
@injectable()
export class SystemClock implements Clock {
  now(): number {
    return Date.now();
  }
}
