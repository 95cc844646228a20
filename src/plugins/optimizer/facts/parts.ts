import { CHECKS, type FactReader, type Facts } from './facts.ts';
import type { Folder } from './folder.ts';
import { isPlainPath } from './plain.ts';

const MOST_FOLDERS = 20;
/** So many parts are checked by one command line. */
const MOST_CHECKED = 4;

/** Folders that hold projects, and those that explain one. */
const [HOLDERS, NO_PARTS] = [new Set(['services', 'apps', 'packages']), new Set(['docs', 'doc', 'examples'])];

/** Reads the folders of a repository that are projects of their own: `backend`, `frontend`, `services/mail`. */
export async function partsOf(
  root: Folder,
  folders: readonly string[],
  readers: readonly FactReader[],
): Promise<Facts[]> {
  const found = await Promise.all(
    (await placesIn(root, folders)).map(async (path) => {
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
    scripted: false,
    members: [{ path, language: facts.languages[0] }],
  }));
}

async function placesIn(root: Folder, folders: readonly string[]): Promise<string[]> {
  const found = folders
    .filter((name) => !NO_PARTS.has(name))
    .map(async (name) => {
      const below = HOLDERS.has(name) ? (await root.open(name)).folders : [];
      return [name, ...below.map((each) => `${name}/${each}`).filter(isPlainPath)];
    });
  return (await Promise.all(found)).flat().slice(0, MOST_FOLDERS);
}
