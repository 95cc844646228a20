import { type Stats, statSync } from 'node:fs';
import type { Problem } from '../src/pipeline/setup/problems.ts';

/** What keeps a file that decides what runs from being believed; `others` are the bits of its mode that nobody else may have. */
export function notOwn(where: string, { uid, mode }: Stats, others: number): Problem | undefined {
  if (!trusted().includes(uid)) {
    return { where, what: 'belongs to another user', repair: 'Look at what it says, and put a copy of your own there' };
  }
  if ((mode & others) === 0) return undefined;
  return {
    where,
    what: 'can be written to by other users',
    repair: `Look at what it says, then run: chmod go-w ${where}`,
  };
}

/** The person, the system, and whoever put Milton's own code there. */
function trusted(): readonly number[] {
  const own = process.getuid?.() ?? 0;
  return [own, 0, statSync(import.meta.filename).uid];
}
