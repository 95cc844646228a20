import { closeSync, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { notOwn } from './ownership.ts';

/** What a `.env` says. */
export interface EnvFile {
  readonly texts: Readonly<Record<string, string | undefined>>;
  /** Why it is not read; then it says nothing. */
  readonly problem?: Problem;
  readonly warning?: Problem;
}

const SECRET_NAME = /(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/;

/** Whether the name of a variable says that its value is nobody else's business. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** Reads a `.env`, which names programs and holds secrets: one that others could have written, or put elsewhere, is not believed. */
export function readEnvFile(path: string): EnvFile {
  try {
    const { found, text } = open(path);
    const texts = parseEnv(text.replace(/^\uFEFF/, ''));
    const holdsSecret = Object.entries(texts).some(([name, value]) => value && isSecretName(name));
    const problem = notOwn(path, found, 0o022);
    if (problem) return { texts: {}, problem };
    if (holdsSecret && lstatSync(path).isSymbolicLink()) {
      const what = 'holds secrets and is a symbolic link';
      return { texts: {}, problem: { where: path, what, repair: 'Put the file itself there, with mode 0600' } };
    }
    if (!holdsSecret || (found.mode & 0o077) === 0) return { texts };
    const what = 'other users of this machine can read the secrets in it';
    return { texts, warning: { where: path, what, repair: `Run: chmod 600 ${path}`, mode: { path, mode: 0o600 } } };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { texts: {} };
    const what = code === 'EISDIR' ? 'is a folder' : `cannot be read: ${message}`;
    const repair = code === 'EISDIR' ? 'Rename it' : `Run: chmod 600 ${path}`;
    return { texts: {}, problem: { where: path, what, repair } };
  }
}

/** What is judged is what is read, whatever takes its place meanwhile. */
function open(path: string): { found: Stats; text: string } {
  const file = openSync(path, 'r');
  try {
    return { found: fstatSync(file), text: readFileSync(file, 'utf8') };
  } finally {
    closeSync(file);
  }
}
