/** Settings by which git starts a program: filters of files, and hooks that are named in the settings. */
const PROGRAMS = /^(?:filter\..*\.(?:clean|smudge|process)|hook\..*\.(?:command|event))$/s;

/** How git is asked for them. */
export const ASK_FOR_PROGRAMS = ['config', '--show-scope', '--null', '--get-regexp', '^(filter|hook)[.]'] as const;

/** An answer that has come as far as a runner keeps, in bytes, may be cut. */
const MOST = 8 * 1024 * 1024;

/** Whether git's answer is all of it. */
export const isWhole = (answer: string): boolean => Buffer.byteLength(answer) < MOST && answer.endsWith('\0');

/**
 * Variables that keep git from starting what only a repository's own settings name, by git's answer: a filter is what the person's
 * settings say, else nothing, and no hook runs. What a filter starts may lie among the files that an agent has just written.
 */
export function pinsOf(answer: string): Readonly<Record<string, string>> {
  const pins = new Map<string, string>();
  const fields = answer.split('\0');
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [key = '', ...value] = fields[at + 1]!.split('\n');
    if (!PROGRAMS.test(key)) continue;
    if (key.startsWith('hook.')) pins.set(`${key.slice(0, key.lastIndexOf('.'))}.enabled`, 'false');
    else pins.set(key, isPersons(fields[at]) ? value.join('\n') : (pins.get(key) ?? ''));
  }
  const variables = [...pins].flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return Object.fromEntries([['GIT_CONFIG_COUNT', String(pins.size)], ...variables]);
}

const isPersons = (scope: string | undefined) => scope === 'global' || scope === 'system';
