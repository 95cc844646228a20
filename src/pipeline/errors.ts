/** An error a person is meant to read: what happened and why (`message`), what to do next (`hint`), and a stable `code`. */
export class MiltonError extends Error {
  override readonly name = 'MiltonError';
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** The one sentence a person gets of any thrown value, with the hint behind it where there is one. */
export function explain(error: unknown): string {
  if (error instanceof MiltonError) return error.hint ? `${error.message} ${error.hint}` : error.message;
  return error instanceof Error ? error.message : String(error);
}

const FINAL = Symbol('final: never retried');

/** Marks an error that no `retries` may repeat, because the step has had an effect or its run is over. */
export function final<E extends object>(error: E): E {
  return Object.assign(error, { [FINAL]: true });
}

/** Whether `final` marked this error. */
export function isFinal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && FINAL in error;
}
