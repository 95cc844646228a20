import type { KeyedNotice } from '../../../pipeline/store/job-store.ts';
import { plainLine } from '../../plain-line.ts';
import { MOST } from './text-queue.ts';

const HOUR = 3_600_000;

/** True at most once an hour; `now` in ms. Anybody may cause what is told so. */
export function hourly(now: () => number): () => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    // A clock that is set back must not silence it for longer.
    if (Math.abs(now() - last) < HOUR) return false;
    last = now();
    return true;
  };
}

/** That long texts are still not read; its key is that of the hour, also for the next life of Milton. */
export function waitingNotice(count: number, why: string, now: number): KeyedNotice {
  const what = count > 1 ? `${count} long messages have` : 'Your long message has';
  const rest = count > 1 ? `; of more than ${MOST} it leaves the oldest` : '';
  const body = `${what} not been read yet: ${plainLine(why)}. Milton keeps trying${rest}.`;
  return {
    key: `unread-${Math.floor(now / HOUR)}`,
    notice: { title: '⏳ A message waits', body, kind: 'final', priority: 3 },
  };
}
