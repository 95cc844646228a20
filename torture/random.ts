/** Chance that can be repeated: the same seed gives the same numbers. */
export interface Random {
  /** From 0 up to 1. */
  (): number;
  /** A whole number from 0 up to `below`. */
  int(below: number): number;
  pick<T>(list: readonly T[]): T;
  /** The list in a new order, in place. */
  shuffle<T>(list: T[]): T[];
}

/** mulberry32: 32 bits of state are plenty for deciding which connection to cut. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (below: number) => Math.floor(next() * below);
  return Object.assign(next, {
    int,
    pick: <T>(list: readonly T[]) => list[int(list.length)]!,
    shuffle<T>(list: T[]): T[] {
      for (let last = list.length - 1; last > 0; last--) {
        const other = int(last + 1);
        [list[last], list[other]] = [list[other]!, list[last]!];
      }
      return list;
    },
  });
}
