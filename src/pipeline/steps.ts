import { token } from './token.ts';

/** A step of the pipeline by the name of its plugin, with its options as they count. */
export interface StepOptions {
  readonly plugin: string;
  /** Undefined where they are wrong. */
  readonly options: unknown;
  /** Its own limit of time in ms, where it has one. */
  readonly timeout?: number | undefined;
}

/** The steps of the pipeline that runs, for commands that tell of the limits others keep. */
export const Steps = token<readonly StepOptions[]>('Steps');
