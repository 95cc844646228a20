import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { DIST, ROOT } from './places.mjs';

/** Writes the types of the public API; returns the files that it takes, of all that the compiler writes. */
export function writeDeclarations() {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', join(ROOT, 'tsconfig.build.json')], { stdio: 'inherit' });
  const needed = new Set(['src/index.d.ts', 'src/testing.d.ts']);
  // A set that grows while it is gone through is gone through to its end.
  for (const file of needed) {
    const text = readFileSync(join(DIST, file), 'utf8');
    for (const [, path] of text.matchAll(/(?:\bfrom |\bimport\(|\bimport )["'](\.[^"']+)\.[jt]s["']/g)) {
      needed.add(normalize(join(file, '..', `${path}.d.ts`)));
    }
  }
  return [...needed];
}
