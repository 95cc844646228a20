/** One line of a server's stream, as far as Milton reads it. `time` is the server's clock, in seconds. */
export interface NtfyEvent {
  readonly id: string;
  readonly time: number;
  /** `open`, `keepalive`, `message`, and others that newer servers add. */
  readonly event: string;
  readonly topic?: string | undefined;
  readonly message?: string | undefined;
  readonly tags?: readonly string[] | undefined;
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
 * The tests hold it to a schema. What Milton does not read is left behind, so that it neither misleads anybody nor fills memory; a
 * field that is not what it should be is left out, and costs nobody the message.
 */
function eventOf(value: unknown): NtfyEvent | undefined {
  if (!isObject(value)) return undefined;
  const { id, time, event, topic, message, tags, attachment, encoding } = value;
  if (!isText(id) || id === '' || !isTime(time) || !isText(event)) return undefined;
  return {
    id,
    time: Math.floor(time),
    event,
    topic: text(topic),
    message: text(message),
    tags: Array.isArray(tags) ? tags.filter(isText) : undefined,
    attachment: isObject(attachment) ? attachmentOf(attachment) : undefined,
    encoding: text(encoding),
  };
}

function attachmentOf({ name, type, size, expires, url }: Readonly<Record<string, unknown>>): Attachment {
  return { name: text(name), type: text(type), size: integer(size), expires: integer(expires), url: text(url) };
}

/** The last second a Date can hold. */
const END_OF_TIME = 8_640_000_000_000;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const text = (value: unknown): string | undefined => (isText(value) ? value : undefined);
const integer = (value: unknown): number | undefined => (Number.isSafeInteger(value) ? (value as number) : undefined);
const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= END_OF_TIME;

/** What the person wrote, or undefined where it is in an encoding that Milton does not know. */
export function textOf({ message = '', encoding = '' }: NtfyEvent): string | undefined {
  if (encoding === '') return withoutNul(message);
  return encoding === 'base64' ? withoutNul(Buffer.from(message, 'base64').toString('utf8')) : undefined;
}

/** A text without what no text has: halves of characters, and NUL, which cuts it short in many places. */
export const withoutNul = (text: string): string => text.toWellFormed().replaceAll('\0', '');
