import type { Claim } from '../job-store.ts';
import type { Write } from './write.ts';

/** Whether the claim is still the job's; every write of a worker hangs on it. */
export function isHeld({ db }: Write, { job, attempt }: Claim): boolean {
  return db.get(`SELECT 1 FROM jobs WHERE id = ? AND attempt = ? AND state = 'active'`, job, attempt) !== undefined;
}
