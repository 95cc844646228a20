import { usageError } from './exit-codes.ts';

/** The number that an option names; `usual` where it is absent. */
export function wholeNumber(
  option: string,
  text: string | boolean | undefined,
  { usual, most = 1_000_000 }: { readonly usual: number; readonly most?: number },
): number {
  const value = text === undefined ? usual : Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
  throw usageError(`--${option} needs a whole number from 1 to ${most.toLocaleString('en')}.`);
}
