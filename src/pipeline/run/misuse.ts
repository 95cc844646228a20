import { MiltonError } from '../errors.ts';

// What a step can do wrong with its run, in the words its author is told.

const error = (code: string, message: string, hint?: string, cause?: unknown) =>
  new MiltonError(code, message, { hint, cause });

export const misuse = {
  over: (step: string) => error('STEP_OVER', `${step} used its run after it had returned or timed out.`),
  timeout: (step: string, ms: number) =>
    error('STEP_TIMEOUT', `${step} took longer than ${ms} ms.`, `Raise ${step}({ timeout }) if that is expected.`),
  nextTwice: (step: string) => error('NEXT_TWICE', `${step} called next() more than once.`),
  nextNotAwaited: (step: string) =>
    error('NEXT_NOT_AWAITED', `${step} finished before its next() did.`, 'Write `await next()` or `return next()`.'),
  readUndeclared: (step: string, slot: string) =>
    error('SLOT_UNDECLARED', `${step} reads "${slot}" without listing it in requires or optional.`),
  setUndeclared: (step: string, slot: string) =>
    error('SLOT_UNDECLARED', `${step} sets "${slot}" without listing it in provides.`),
  setTwice: (step: string, slot: string) => error('SLOT_TWICE', `${step} sets "${slot}", which already has a value.`),
  badValue: (step: string, slot: string, cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    return error('SLOT_VALUE', `${step} set "${slot}" to something its schema refuses: ${why}`, undefined, cause);
  },
  concludedTwice: (step: string) =>
    error(
      'CONCLUDED_TWICE',
      `${step} concluded a run that was concluded already.`,
      'Conclude instead of calling next(); to change what is told, change what publish() reads.',
    ),
  belowQueue: (step: string, method: string) =>
    error('BELOW_QUEUE', `${step} stands below queue() and uses run.${method}().`, `Move ${step} above queue().`),
  aboveQueue: (step: string, method: string) =>
    error('ABOVE_QUEUE', `${step} stands above queue() and uses run.${method}().`, `Move ${step} below queue().`),
  badQuestion: (step: string, name: string, why: string) => error('QUESTION', `${step} asks "${name}", and ${why}.`),
  anonymous: (method: string) =>
    error(
      'STEP_ANONYMOUS',
      `An unnamed inline step uses run.${method}().`,
      'Give the function a name: async function tidy(run, next) { … }',
    ),
  nameTwice: (step: string, name: string) =>
    error(
      'STEP_NAME_TWICE',
      `${step} used the name "${name}" twice in one run.`,
      'Give each call its own name, for example fetch-1, fetch-2.',
    ),
};
