import { NtfyFailure } from '../server/failure.ts';

/** Why Milton itself gives a connection up: a new one is made at once. */
export class Renewal extends NtfyFailure {
  /** The machine slept, so that what failed before says nothing about now. */
  readonly asleep: boolean;

  constructor(message: string, { asleep = false }: { asleep?: boolean } = {}) {
    super(message);
    this.asleep = asleep;
  }
}
