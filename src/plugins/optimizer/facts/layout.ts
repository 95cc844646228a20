import type { Member } from './facts.ts';
import type { Folder } from './folder.ts';
import { isPlainPath } from './plain.ts';

const MOST = 20;
/** Room that members leave for the other folders. */
const KEPT = 6;
/** What people name the folders that matter, in the order that tells most. */
const TELLING =
  'src app apps packages crates lib libs cmd internal pkg server backend api client frontend web ui public config db migrations test tests spec e2e docs doc scripts examples'.split(
    ' ',
  );
/** What tools make, and what others wrote. */
const MADE = new Set(
  'node_modules bower_components vendor third_party Pods target dist build out obj bin-debug coverage htmlcov venv env virtualenv __pycache__ site-packages DerivedData logs tmp temp _build deps'.split(
    ' ',
  ),
);

/** The folders at the top of a repository that are its own, most telling first. */
export async function ownFolders(root: Folder): Promise<string[]> {
  const ignored = (await root.read('.gitignore')).split(/\r?\n/).map((line) => line.trim().replace(/^\/|\/$/g, ''));
  const unwanted = new Set([...MADE, ...ignored]);
  return root.folders
    .filter((name) => isPlainPath(name) && !unwanted.has(name) && !name.endsWith('.egg-info') && isShown(name))
    .sort((a, b) => rankOf(a) - rankOf(b));
}

const isShown = (name: string) => !name.startsWith('.') || name === '.github';

function rankOf(name: string): number {
  const at = TELLING.indexOf(name);
  return name.startsWith('.') ? TELLING.length + 1 : at < 0 ? TELLING.length : at;
}

/** The members of a workspace as lines, and the folders that hold none of them. */
export function layoutOf(folders: readonly string[], members: readonly Member[]): string[] {
  const shown = members.filter(({ path }) => isPlainPath(path));
  const others = folders.filter((name) => !shown.some(({ path }) => path === name || path.startsWith(`${name}/`)));
  const room = MOST - Math.min(others.length, KEPT);
  const lines = shown.slice(0, room).map(({ path, language }) => `${path}/${language ? ` (${language})` : ''}`);
  return [...lines, ...others.map((name) => `${name}/`)].slice(0, MOST);
}
