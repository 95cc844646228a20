import type { Transport } from '../../pipeline/transport.ts';
import type { Admission, AuthoriseRun } from './admission.ts';

/** Believes what comes through a server that itself keeps strangers out. */
export async function byServer(
  { message }: AuthoriseRun,
  { exposure, strangers }: Pick<Transport, 'exposure' | 'strangers'>,
): Promise<Admission> {
  const mayWrite = strangers ? await strangers.mayWrite() : exposure === 'public';
  if (mayWrite === false) return { proof: 'server', text: message.text };
  return { refused: mayWrite ? 'server' : 'unknown' };
}
