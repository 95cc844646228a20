// Builds dist: build.mjs [--types]
// The code is bundled: Node takes several times as long to load hundreds of small files. Only the package needs the declarations.
import { globSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle } from './build/bundle.mjs';
import { writeDeclarations } from './build/declarations.mjs';
import { writeLicences } from './build/licences.mjs';
import { DIST } from './build/places.mjs';

const { files, modules } = await bundle();
const written = new Set([
  ...files,
  writeLicences(modules),
  ...(process.argv.includes('--types') ? writeDeclarations() : []),
]);
for (const file of globSync('**/*.*', { cwd: DIST })) if (!written.has(file)) rmSync(join(DIST, file));
