import type { JobView } from '../../pipeline/store/job-store.ts';
import { short } from './terminal.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** A length of time in at most two units: `3m 12s`. */
export function duration(ms: number): string {
  let rest = Math.max(0, Math.round(ms / 1000) * 1000);
  const parts: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.slice(0, 2).join(' ') || '0s';
}

const LENGTHS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** The milliseconds of an age such as `90d`; undefined where it is none. */
export function age(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,5})([mhdw])$/.exec(text.trim()) ?? [];
  return count === undefined || unit === undefined ? undefined : Number(count) * LENGTHS[unit]!;
}

/** A moment by local time, to the second: `2026-11-23 19:03:12`. */
export function moment(ms: number): string {
  const at = new Date(ms);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The time of day of a moment, by local time: `19:03:12`. */
export const clock = (ms: number): string => moment(ms).slice(11);

/** What a held request does. */
export const WAITS = 'waits for your answer';

/** How long a request has worked, or did. */
export function worked({ startedAt, finishedAt }: JobView, now: number): string {
  return startedAt === undefined ? '' : duration((finishedAt ?? now) - startedAt);
}

/** The request's text, cut to one short line. */
export const told = ({ message }: JobView) => short(message.text, 60);
