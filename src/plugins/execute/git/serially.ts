const last = new Map<string, Promise<unknown>>();

/** Runs one piece of work per key at a time, in the order of the calls: git's own locks fail instead of waiting. */
export async function serially<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = last.get(key);
  const mine = (async () => {
    await before?.catch(() => {});
    return work();
  })();
  last.set(key, mine);
  try {
    return await mine;
  } finally {
    if (last.get(key) === mine) last.delete(key);
  }
}
