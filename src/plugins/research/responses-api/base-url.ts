import { MiltonError } from '../../../pipeline/errors.ts';
import { exposureOf } from '../../../pipeline/exposure.ts';

/** The address of a server without its last slash. Throws where a key would cross a network readable, or be told as a part of it. */
export function baseOf(variable: string, url: string, apiKey: string | undefined): string {
  if (apiKey && !url.startsWith('https:') && exposureOf(url) !== 'loopback') {
    throw new MiltonError('INSECURE_URL', `${variable} is not https, so the key would travel readable.`, {
      hint: 'Use an https:// address, or one on this machine.',
    });
  }
  const { username, password } = new URL(url);
  if (username !== '' || password !== '') {
    throw new MiltonError('INSECURE_URL', `${variable} holds a name or a password.`, {
      hint: 'Write the address without it; a key has a variable of its own.',
    });
  }
  return url.replace(/\/+$/, '');
}
