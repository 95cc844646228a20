import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';

const ACTIONS: Readonly<Record<string, () => Promise<Run>>> = {
  new: async () => (await import('./make.ts')).makeFirst,
  rotate: async () => (await import('./make.ts')).rotate,
  totp: async () => (await import('./make.ts')).makeTotp,
  show: async () => (await import('./show.ts')).show,
  qr: async () => (await import('./show.ts')).showCodes,
  test: async () => (await import('./test.ts')).tryKeys,
};

/** `milton keys new | show | rotate | qr | totp | test`. */
export const keys: Run = async (invocation) => {
  const [action = 'show'] = invocation.words;
  const load = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (!load) throw usageError(`There is no "milton keys ${action}".`, `Say ${Object.keys(ACTIONS).join(', ')}.`);
  return (await load())(invocation);
};
