#!/usr/bin/env node
// Any Node must be able to read this file, to be told that it is too old: no import here that an old one lacks.
import module from 'node:module';
import { fileURLToPath } from 'node:url';

const OLDEST = 24;

if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  process.stderr.write(
    `Milton needs Node.js ${OLDEST} or newer, and this is ${process.versions.node}: install it from https://nodejs.org or with your package manager.\n`,
  );
  process.exitCode = 1;
} else if (process.argv.length === 3 && process.argv[2] === '--version') {
  // Asked by scripts, and therefore answered with nothing loaded.
  const { version } = await import('./version.ts');
  process.stdout.write(`${version()}\n`);
} else {
  // Else the room for new objects grows with the first flood of messages, to some 100 MB that are never given back.
  const { setFlagsFromString } = await import('node:v8');
  setFlagsFromString('--semi-space-growth-factor=1');
  // Inside the package: whoever may write there may change the code as well.
  module.enableCompileCache(fileURLToPath(new URL('../../../.cache/node', import.meta.url)));
  const { run } = await import('./run.ts');
  await run(process.argv.slice(2));
}
