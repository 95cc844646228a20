import type { NtfyServer } from '../test/support/ntfy-server.ts';
import type { Bed, Judgement } from './bed.ts';
import type { Random } from './random.ts';

/** What a scenario is told. */
export interface Trial {
  readonly server: NtfyServer;
  readonly seed: number;
  readonly random: Random;
  /** About a twentieth of it. */
  readonly quick: boolean;
}

/** A count that is reported, and whether it breaks a promise. */
export interface Count {
  readonly what: string;
  readonly value: number | string;
  readonly broken?: boolean;
  /** How the counts of several Miltons become one; added up unless set. */
  readonly unite?: (...values: number[]) => number;
}

/** What came of a scenario. */
export interface Outcome {
  readonly counts: readonly Count[];
  /** What the checker had to say of broken promises. */
  readonly complaints?: string;
}

/** One kind of trouble: what each file in `scenarios` exports as `run`. */
export type Scenario = (trial: Trial) => Promise<Outcome>;

/** The checker's judgement as counts: the promises first, and what does not happen in most scenarios only where it did. */
export function promises({ counts }: Judgement): Count[] {
  const promise = (what: string) => ({ what, value: counts[what] ?? '?', broken: counts[what] !== 0 });
  const some = (what: string) => (counts[what] ? [{ what, value: counts[what] }] : []);
  return [
    { what: 'messages', value: counts.published ?? '?' },
    promise('lost'),
    promise('run twice'),
    ...('finals missing' in counts ? [promise('finals missing')] : []),
    ...(counts['ends contradicting'] === 0 ? [] : [promise('ends contradicting')]),
    ...['interrupted', 'excused', 'unknown'].flatMap(some),
  ];
}

/** What the daemon must never do: end by itself, or leave a promise's failure to nobody. */
export function healthOf({ milton }: Bed, { ended = false } = {}): Count[] {
  const unhandled = milton.said.split('nobody handled it').length - 1;
  const crashes = milton.said.split('Milton stops: an error was not handled').length - 1 + (ended ? 1 : 0);
  return [
    { what: 'crashes', value: crashes, broken: crashes > 0 },
    ...(unhandled > 0 ? [{ what: 'unhandled rejections', value: unhandled, broken: true }] : []),
  ];
}

/** The outcomes of several Miltons as one. */
export function sum(outcomes: readonly Outcome[]): Outcome {
  const whats = [...new Set(outcomes.flatMap(({ counts }) => counts.map(({ what }) => what)))];
  const add = (...values: number[]) => values.reduce((total, value) => total + value, 0);
  const counts = whats.map((what) => {
    const same = outcomes.flatMap(({ counts }) => counts.filter((count) => count.what === what));
    const { unite = add } = same[0]!;
    const broken = same.some((count) => count.broken);
    return { what, value: unite(...same.map(({ value }) => Number(value))), ...(broken && { broken }) };
  });
  const complaints = outcomes.map((outcome) => outcome.complaints ?? '').filter(Boolean);
  return { counts, complaints: complaints.join('\n') };
}
