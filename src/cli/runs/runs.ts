import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';

interface Action {
  /** Whether it is about one request, which is named behind it. */
  readonly one: boolean;
  load(): Promise<Run>;
}

/** What can be done with requests; the code of each is loaded when it is used. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  list: { one: false, load: async () => (await import('./list.ts')).list },
  show: { one: true, load: async () => (await import('./show.ts')).show },
  logs: { one: true, load: async () => (await import('./logs.ts')).logs },
  diff: { one: true, load: async () => (await import('./diff.ts')).diff },
  retry: { one: true, load: async () => (await import('./retry.ts')).retry },
  cancel: { one: true, load: async () => (await import('./cancel.ts')).cancel },
  prune: { one: false, load: async () => (await import('./prune.ts')).prune },
};

/** `milton runs list | show ID | …`. */
export const runs: Run = async (invocation) => {
  const [name = 'list', id] = invocation.words;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) {
    const known = Object.entries(ACTIONS).map(([each, { one }]) => (one ? `${each} ID` : each));
    throw usageError(`There is no "milton runs ${name}".`, `Say ${known.slice(0, -1).join(', ')} or ${known.at(-1)}.`);
  }
  if (action.one && id === undefined) throw usageError('Which run?', `Write: milton runs ${name} last`);
  if (!action.one && id !== undefined) throw usageError(`"milton runs ${name}" takes no argument.`);
  return (await action.load())(invocation);
};
