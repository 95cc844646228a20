import type { NtfyOptions } from '../options.ts';
import type { Attachment, NtfyEvent } from '../server/events.ts';
import { NtfyFailure } from '../server/failure.ts';
import { tooLarge } from './fetch-text.ts';

const leave = (why: string) => new NtfyFailure(why, { permanent: true });

/** Whether these are the server's words for a message that has no text but a file. */
export function isFileAlone({ message, attachment }: NtfyEvent): boolean {
  return message === `You received a file: ${attachment?.name ?? ''}`;
}

/** Whether the server itself may have made this file of a text of 4,096 bytes or more; the ending tells what it took the text for. */
export function isMadeOfText({ name = '', type = '' }: Attachment): boolean {
  return name === 'attachment.txt' || (/^attachment\.\w+$/.test(name) && type.startsWith('text/'));
}

/**
 * The address of a text that the server made a file of; throws NtfyFailure with the reason where it must not be fetched. `now` in
 * ms of the server's clock. A sender can have any address written into a message (`X-Attach`), and Milton must request none of
 * their choosing: only the file that bears the message's own id, on the configured server, qualifies.
 */
export function longTextUrl(
  { id, attachment }: NtfyEvent,
  { baseUrl, longestText }: Pick<NtfyOptions, 'baseUrl' | 'longestText'>,
  now: number,
): URL {
  const { url = '', size = 0, expires } = attachment ?? {};
  const parsed = URL.parse(url);
  if (!parsed) throw leave('its address cannot be read');
  // Parsed, so that a slash at the end or a port that goes without saying makes no difference.
  if (parsed.origin !== URL.parse(baseUrl)?.origin) {
    throw leave(`it is at ${parsed.origin}, which is not the address in NTFY_BASE_URL`);
  }
  const [, named] = /\/file\/(\w+)\.\w+$/.exec(parsed.pathname) ?? [];
  if (named !== id || parsed.search !== '' || parsed.username !== '') throw leave('it is no file of this message');
  if (size > longestText) throw tooLarge(longestText);
  if (expires !== undefined && expires * 1000 <= now) throw leave('the server no longer has it');
  return parsed;
}
