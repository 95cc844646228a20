import { z } from 'zod';

/** Seconds since the epoch that a Date can hold. */
const seconds = z.int().min(0).max(8_640_000_000_000);

const ntfyEvent = z.object({
  id: z.string().min(1),
  time: seconds,
  /** `open`, `keepalive`, `message`, and others that newer servers add. */
  event: z.string(),
  topic: z.string().optional(),
  title: z.string().optional(),
  message: z.string().optional(),
  priority: z.int().optional(),
  tags: z.array(z.string()).optional(),
  sequence_id: z.string().optional(),
  attachment: z.object({ name: z.string() }).optional(),
  encoding: z.string().optional(),
});

/** One line of a server's stream, as far as Milton reads it. `time` is the server's clock, in seconds. */
export type NtfyEvent = z.output<typeof ntfyEvent>;

/** The event a line holds, or undefined where it holds none. */
export function parseEvent(line: string): NtfyEvent | undefined {
  try {
    return ntfyEvent.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** What the person wrote, or undefined where the message carries no readable text. */
export function textOf(event: NtfyEvent): string | undefined {
  if (event.attachment) return undefined;
  const text = event.message ?? '';
  if (event.encoding === undefined || event.encoding === '') return clean(text);
  return event.encoding === 'base64' ? clean(Buffer.from(text, 'base64').toString('utf8')) : undefined;
}

const clean = (text: string) => text.toWellFormed().replaceAll('\0', '');
