/** One line of a server's stream, as far as Milton reads it. `time` is the server's clock, in seconds. */
export interface NtfyEvent {
  readonly id: string;
  readonly time: number;
  /** `open`, `keepalive`, `message`, and others that newer servers add. */
  readonly event: string;
  readonly topic?: string | undefined;
  readonly title?: string | undefined;
  readonly message?: string | undefined;
  readonly priority?: number | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly sequence_id?: string | undefined;
  readonly attachment?: Attachment | undefined;
  readonly encoding?: string | undefined;
}

/** A file that came with a message: `size` in bytes, `expires` in seconds of the server's clock. Files from elsewhere have neither. */
export interface Attachment {
  readonly name?: string | undefined;
  readonly type?: string | undefined;
  readonly size?: number | undefined;
  readonly expires?: number | undefined;
  readonly url?: string | undefined;
}

/** The event a line holds, or undefined where it holds none. */
export function parseEvent(line: string): NtfyEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return eventOf(value);
}

/**
 * By hand, since this is what a flood or a full replay runs through line by line, where a schema takes a third of the time again.
 * The tests hold it to a schema. What Milton does not read is left behind, so that it neither misleads anybody nor fills memory.
 */
function eventOf(value: unknown): NtfyEvent | undefined {
  if (!isObject(value)) return undefined;
  const { id, time, event, topic, title, message, priority, tags, sequence_id, attachment, encoding } = value;
  if (!isText(id) || id === '' || !isTime(time) || !isText(event)) return undefined;
  if (!isMaybeText(topic) || !isMaybeText(title) || !isMaybeText(message)) return undefined;
  if (!isMaybeText(sequence_id) || !isMaybeText(encoding) || !isMaybeInteger(priority) || !isMaybeTexts(tags)) {
    return undefined;
  }
  if (attachment === undefined) {
    return { id, time, event, topic, title, message, priority, tags, sequence_id, attachment, encoding };
  }
  const file = attachmentOf(attachment);
  return file && { id, time, event, topic, title, message, priority, tags, sequence_id, attachment: file, encoding };
}

function attachmentOf(value: unknown): Attachment | undefined {
  if (!isObject(value)) return undefined;
  const { name, type, size, expires, url } = value;
  if (!isMaybeText(name) || !isMaybeText(type) || !isMaybeText(url)) return undefined;
  if (!isMaybeInteger(size) || !isMaybeInteger(expires)) return undefined;
  return { name, type, size, expires, url };
}

/** The last second a Date can hold. */
const END_OF_TIME = 8_640_000_000_000;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isMaybeText = (value: unknown): value is string | undefined => value === undefined || typeof value === 'string';
const isMaybeTexts = (value: unknown): value is readonly string[] | undefined =>
  value === undefined || (Array.isArray(value) && value.every(isText));
const isTime = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= END_OF_TIME;
const isMaybeInteger = (value: unknown): value is number | undefined =>
  value === undefined || Number.isSafeInteger(value);

/** What the person wrote, or undefined where it is in an encoding that Milton does not know. */
export function textOf({ message = '', encoding = '' }: NtfyEvent): string | undefined {
  if (encoding === '') return clean(message);
  return encoding === 'base64' ? clean(Buffer.from(message, 'base64').toString('utf8')) : undefined;
}

/** A text without what no text has: halves of characters, and NUL, which cuts it short in many places. */
export const clean = (text: string): string => text.toWellFormed().replaceAll('\0', '');
