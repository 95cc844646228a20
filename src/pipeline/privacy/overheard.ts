import type { Transport } from '../transport.ts';

/**
 * Whether what is sent there may be read by strangers, so that it must say less: as the configuration says, else as the server does.
 * What nobody can tell counts as "may".
 */
export async function isOverheard({
  exposure,
  privacy,
  strangers,
}: Pick<Transport, 'exposure' | 'privacy' | 'strangers'>): Promise<boolean> {
  if (privacy !== undefined) return privacy === 'summary';
  if (strangers === undefined) return exposure === 'public';
  return (await strangers.mayRead().catch(() => undefined)) !== false;
}
