import { token } from './token.ts';
import type { Transport } from './transport.ts';

/** The configured transports and who can send through each, for the steps that decide whom to trust. */
export const Transports =
  token<readonly Pick<Transport, 'name' | 'exposure' | 'privacy' | 'strangers'>[]>('Transports');

/** The exposure of a server by its address; anything not plainly this machine is public, also what is no URL at all. */
export function exposureOf(url: string): 'loopback' | 'public' {
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127(\.\d{1,3}){3}$/.test(host) ? 'loopback' : 'public';
}
