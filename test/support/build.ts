import { execFileSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const path = (name: string) => `${root}${name}`;
const changed = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Builds `dist` once before all tests, unless it is newer than everything it is made of. */
export default function build(): void {
  const sources = [
    ...globSync(['src/**/*.ts', 'config/**/*.ts'], { cwd: root }),
    ...globSync('scripts/build*/**', { cwd: root }),
    'package-lock.json',
    'tsconfig.json',
  ];
  const built = changed(path('dist/src/cli/main.js'));
  if (sources.every((source) => changed(path(source)) < built)) return;
  execFileSync(process.execPath, [path('scripts/build.mjs')], { stdio: ['ignore', 'inherit', 'inherit'] });
}
