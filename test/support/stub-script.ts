import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a played model answers, per conversation; the first route whose `when` matches the first thing the person said serves it. */
export interface Script<Turn> {
  readonly turns?: readonly Turn[];
  readonly routes?: readonly { readonly when?: string; readonly turns: readonly Turn[]; readonly after?: Turn }[];
  /** Answers every request once the turns are spent. */
  readonly after?: Turn;
}

/** What of a request decides the answer, and what `{{cwd}}` and `{{prompt}}` in it stand for. */
export interface Asked {
  readonly session: string;
  /** The first and the last thing the person said. */
  readonly first: string;
  readonly prompt: string;
  /** The working folder the program named. */
  readonly cwd: string;
}

/** A script, or the one of that name in `test/support/scenarios`. */
export function readScript<Turn>(script: Script<Turn> | string): Script<Turn> {
  if (typeof script !== 'string') return script;
  return JSON.parse(readFileSync(join(import.meta.dirname, 'scenarios', `${script}.json`), 'utf8'));
}

/** Counts the turns of each conversation, so that several runs can share one stub. */
export function conversations<Turn extends { readonly times?: number }>(
  { turns = [], after, routes }: Script<Turn>,
  rest: Turn,
): (asked: Asked) => Turn {
  const all = routes ?? [{ when: '', turns, ...(after ? { after } : {}) }];
  const counts = new Map<string, number>();
  return (asked) => {
    const { session, first } = asked;
    const index = Math.max(
      0,
      all.findIndex((each) => new RegExp(each.when ?? '', 'i').test(first)),
    );
    const key = `${session}#${index}`;
    let left = counts.get(key) ?? 0;
    counts.set(key, left + 1);
    for (const turn of all[index]!.turns) {
      const times = turn.times ?? 1;
      if (times < 0 || left < times) return fill(turn, asked);
      left -= times;
    }
    return fill(all[index]!.after ?? rest, asked);
  };
}

/** Fills `{{cwd}}` and `{{prompt}}` in every text of a value. */
function fill<T>(value: T, asked: Asked): T {
  return JSON.parse(JSON.stringify(value), (_, each) =>
    typeof each === 'string'
      ? each.replace(/\{\{(cwd|prompt)\}\}/g, (_match, name: 'cwd' | 'prompt') => asked[name])
      : each,
  );
}
