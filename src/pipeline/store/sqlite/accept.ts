import type { Acceptance, KeyedNotice } from '../job-store.ts';
import { carryOut } from './effects.ts';
import { hold } from './held.ts';
import { enqueue } from './jobs.ts';
import { mark } from './marks.ts';
import { queueNotices } from './outbox.ts';
import type { Write } from './write.ts';

export function accept(write: Write, acceptance: Acceptance): 'accepted' | 'duplicate' {
  const { run, message, seen, job, effects, notices } = acceptance;
  if (!mark(write, seen)) return 'duplicate';
  const told: KeyedNotice[] = [];
  if (job) {
    const notice = job.acknowledge(enqueue(write, { ...job, message }));
    if (notice) told.push({ key: 'accepted', notice });
  }
  if (acceptance.hold) hold(write, acceptance.hold, message, seen);
  told.push(...carryOut(write, effects, message));
  queueNotices(write, run, message.transport, [...told, ...notices]);
  return 'accepted';
}
