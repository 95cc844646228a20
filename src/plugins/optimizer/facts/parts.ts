import { CHECKS, type FactReader, type Facts } from './facts.ts';
import type { Folder } from './folder.ts';

const MOST_FOLDERS = 20;
/** So many parts are checked by one command line. */
const MOST_CHECKED = 4;

/** Reads a repository without a manifest of its own, whose folders are projects of their own: `backend`, `frontend`. */
export async function partsOf(
  root: Folder,
  folders: readonly string[],
  readers: readonly FactReader[],
): Promise<Facts[]> {
  const found = await Promise.all(
    folders.slice(0, MOST_FOLDERS).map(async (path) => {
      const folder = await root.open(path);
      const facts = await Promise.all(readers.map((read) => read(folder)));
      return facts.flatMap((one) => (one ? [{ ...one, path }] : []));
    }),
  );
  const parts = found.flat();
  const commands = CHECKS.flatMap((check) => {
    const checked = parts.filter((part) => part.commands[check]).slice(0, MOST_CHECKED);
    const lines = checked.map(({ path, commands }) => `(cd ${path} && ${commands[check]})`);
    return lines.length > 0 ? [[check, lines.join(' && ')]] : [];
  });
  return parts.map(({ path, ...facts }, index) => ({
    ...facts,
    commands: index === 0 ? Object.fromEntries(commands) : {},
    members: [{ path, language: facts.languages[0] }],
  }));
}
