import type { Patient } from './patient.ts';

/** What was looked at, in the order in which it is told. */
export type Topic =
  | 'node'
  | 'configuration'
  | 'keys'
  | 'folders'
  | 'disk'
  | 'database'
  | 'repositories'
  | 'agents'
  | 'ntfy'
  | 'research'
  | 'hearing'
  | 'service';

/** One thing that was found. */
export interface Finding {
  readonly topic: Topic;
  /** The same in every version, for programs: `ntfy.read`. */
  readonly id: string;
  readonly state: 'ok' | 'warning' | 'failure';
  readonly what: string;
  /** What follows from it. */
  readonly why?: string;
  /** What mends it: mostly a command. */
  readonly repair?: string;
  /** The exit code that a failure stands for; 1 where absent. */
  readonly exit?: number;
  /** Mends it where that is safe, and says what was done. */
  fix?(): string;
}

/** One question to a set-up. It changes nothing; what is still under way when the signal aborts is of no use. */
export interface Examination {
  readonly topic: Topic;
  examine(patient: Patient, signal: AbortSignal): Promise<readonly Finding[]>;
}

type More = Omit<Finding, 'topic' | 'id' | 'state' | 'what'>;

/** Makes the findings of one topic: `at('ntfy').warning('clock', 'The clocks differ', { … })`. */
export function at(topic: Topic) {
  const finding =
    (state: Finding['state']) =>
    (name: string, what: string, more: More = {}): Finding => ({
      ...{ topic, id: name === '' ? topic : `${topic}.${name}`, state, what },
      ...more,
    });
  return { ok: finding('ok'), warning: finding('warning'), failure: finding('failure') };
}
