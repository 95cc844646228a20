import type { Transport } from '../transport.ts';

type Listed = Pick<Transport, 'name' | 'exposure' | 'privacy' | 'strangers'>;

/**
 * Whether what is sent there may be read by strangers, so that it must say less: as the configuration says, else as the server does.
 * What nobody can tell counts as "may".
 */
export async function isOverheard({ exposure, privacy, strangers }: Omit<Listed, 'name'>): Promise<boolean> {
  if (privacy !== undefined) return privacy === 'summary';
  if (strangers === undefined) return exposure === 'public';
  return (await strangers.mayRead().catch(() => undefined)) !== false;
}

/** The same of a transport by its name; of one that is gone nothing is sent. */
export async function isOverheardAt(name: string, transports: readonly Listed[]): Promise<boolean> {
  const found = transports.find((each) => each.name === name);
  return found !== undefined && isOverheard(found);
}
