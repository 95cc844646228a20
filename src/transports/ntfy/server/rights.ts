import { z } from 'zod';
import { QUIETLY } from '../send/publish.ts';
import type { Api } from './api.ts';
import { PRIORITY_INVALID, UNAUTHORIZED } from './error-codes.ts';
import { head, NtfyFailure, parse } from './failure.ts';

const NO_SERVER = 'what answers there is no ntfy server';
const published = z.object({ id: z.string().min(1) });

/** Resolves where these topics may be read, rejects with NtfyFailure. */
export async function mayRead(api: Api, topics: readonly string[], signal: AbortSignal): Promise<void> {
  const response = await api(`${topics.join(',')}/auth`, { signal });
  // A captive portal answers 200 to everything.
  if (!(await head(response)).includes('"success"')) throw new NtfyFailure(NO_SERVER);
}

/**
 * Resolves where this topic may be written to, rejects with NtfyFailure. There is no question for that, so a message is sent that has no
 * valid priority: a server looks at the rights first, and then publishes nothing. One that takes it all the same keeps it from phones.
 */
export async function mayWrite(api: Api, topic: string, signal: AbortSignal): Promise<void> {
  const headers = { ...QUIETLY, 'x-priority': '9' };
  try {
    const response = await api(topic, { method: 'POST', headers, body: 'May this be written?', signal });
    if (!published.safeParse(parse(await head(response))).success) throw new NtfyFailure(NO_SERVER);
  } catch (error) {
    if (!(error instanceof NtfyFailure) || error.code !== PRIORITY_INVALID) throw error;
  }
}

/** Whether the server itself says no, and no firewall before it, which says nothing of the server. */
export const isDenial = (error: unknown): boolean =>
  error instanceof NtfyFailure && !error.filtered && (error.pace === 'denied' || error.code === UNAUTHORIZED);

/** Resolves where an act is allowed, else rejects; asked twice, since a server whose database is busy denies what it allows. */
export const surely = (act: () => Promise<void>): Promise<void> =>
  act().catch((error) => (isDenial(error) ? act() : Promise.reject(error)));
