import { sanitise } from '../../../pipeline/services/sanitise.ts';

/** Whether the name of a package is safe to repeat in a prompt or to send: manifests are foreign text. */
export const isPlainName = (name: string): boolean => /^@?[A-Za-z0-9][\w./:-]{0,98}$/.test(name);

/** Whether a folder's path is safe to repeat in a prompt and in a command line: no sign in it means anything to a shell. */
export const isPlainPath = (path: string): boolean =>
  path.length <= 100 &&
  path.split('/').every((part) => /^[\p{L}\p{N}_.@][\p{L}\p{N}\p{M}_.@+-]*$/u.test(part) && !part.startsWith('..')) &&
  sanitise(path) === path;

/** The version that a range begins with: `19.1.0` of `^19.1.0`; undefined where it names none. */
export function versionIn(range: unknown): string | undefined {
  const [, version] = (typeof range === 'string' && /^[\^~>=v\s]{0,8}(\d[\w.+-]{0,40})(?![\w.+-])/.exec(range)) || [];
  return version?.replace(/\.[x*]?$/, '');
}
