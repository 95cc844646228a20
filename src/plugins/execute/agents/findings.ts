import { realpath, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

type Env = Readonly<Record<string, string>>;

/** How long it is believed that a login still holds, in ms: that it is lost is also told by the run itself. */
export const LOGIN_BELIEVED = 600_000;

/** The name of a conversation that nobody has held, for trying out how one is begun or gone on with. */
export const NO_SESSION = '00000000-0000-4000-8000-000000000000';

interface Finding {
  readonly identity: string;
  readonly until: number;
}

/** Remembers what was found in order with a program, as long as it is the same file; what was wrong is looked at anew each time. */
export class Findings {
  readonly #known = new Map<string, Finding>();
  readonly #now: () => number;

  /** `now` in ms of any steady clock. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** The problems that `look` finds with a program; `what` names the question. `believed` in ms. */
  async of(
    { bin, env, what, believed = Number.POSITIVE_INFINITY }: { bin: string; env: Env; what: string; believed?: number },
    look: () => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    const identity = await identify(bin, env.PATH);
    const known = this.#known.get(what);
    if (identity !== undefined && known?.identity === identity && this.#now() < known.until) return [];
    const problems = await look();
    if (problems.length === 0 && identity !== undefined) {
      this.#known.set(what, { identity, until: this.#now() + believed });
    }
    return problems;
  }
}

/** Tells one program file from another, also from one that was put in its place by an update; undefined where there is none. */
export async function identify(bin: string, path = ''): Promise<string | undefined> {
  const places = bin.includes('/') ? [resolve(bin)] : path.split(delimiter).filter(isAbsolute);
  for (const place of places) {
    try {
      const file = await realpath(bin.includes('/') ? place : join(place, bin));
      const { mtimeMs, size } = await stat(file);
      return `${file} ${mtimeMs} ${size}`;
    } catch {
      // Not there.
    }
  }
  return undefined;
}
