import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { realPrograms } from './real-programs.ts';

/** The real Codex programs to test with: CODEX_BIN, else every version in `.cache/codex`. */
export const codexBinaries = () => realPrograms('CODEX_BIN', 'codex');

/**
 * A temporary folder for Codex. It puts no helper programs into a home that lies in the temporary folder, as a scratch home does,
 * and then, where bubblewrap is installed, it does not find its own sandbox.
 */
export function codexTemporary(parent: string): string {
  const folder = join(parent, 'tmp');
  mkdirSync(folder, { recursive: true });
  return folder;
}
