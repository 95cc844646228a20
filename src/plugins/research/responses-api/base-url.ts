import { MiltonError } from '../../../pipeline/errors.ts';
import { exposureOf } from '../../../pipeline/exposure.ts';

/** The address of a server without its last slash. Throws where a key would cross a network readable. */
export function baseOf(variable: string, url: string, apiKey: string | undefined): string {
  if (apiKey && !url.startsWith('https:') && exposureOf(url) !== 'loopback') {
    throw new MiltonError('INSECURE_URL', `${variable} is not https, so the key would travel readable.`, {
      hint: 'Use an https:// address, or one on this machine.',
    });
  }
  return url.replace(/\/+$/, '');
}
