import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/** Where git keeps what all worktrees of a folder's repository share: branches, settings, hooks. Undefined for a folder of none. */
export async function commonDir(folder: string): Promise<string | undefined> {
  try {
    const place = join(folder, '.git');
    if ((await stat(place)).isDirectory()) return place;
    const [, pointer] = /^gitdir: (.+)$/m.exec(await readFile(place, 'utf8')) ?? [];
    if (pointer === undefined) return undefined;
    const own = resolve(folder, pointer.trim());
    const shared = await readFile(join(own, 'commondir'), 'utf8').catch(() => '.');
    return resolve(own, shared.trim());
  } catch {
    return undefined;
  }
}
