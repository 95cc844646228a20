import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');

/** What each part may import beside itself and packages; `src/cli` and `src/index.ts` see all. */
const allowed: Record<string, readonly string[]> = {
  'src/pipeline': [],
  'src/plugins': ['src/pipeline'],
  'src/transports': ['src/pipeline'],
  'src/testing': ['src/pipeline', 'src/plugins'],
  config: ['src/pipeline'],
};

function imports(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)].map((match) =>
    relative(root, resolve(dirname(file), match[1]!)),
  );
}

test.each(Object.keys(allowed))('%s imports only what its place allows', (part) => {
  const files = readdirSync(join(root, part), { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
  expect(files.length).toBeGreaterThan(0);
  const wrong = files.flatMap((file) =>
    imports(join(root, part, file))
      .filter((target) => ![part, ...allowed[part]!].some((place) => target.startsWith(`${place}/`)))
      .map((target) => `${part}/${file} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

const sources = ['src', 'config'].flatMap((part) =>
  readdirSync(join(root, part), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(root, part, file)),
);

test('T17: no source file opens a port', () => {
  const opening = sources.filter((file) => /createServer|createSocket|\.listen\(/.test(readFileSync(file, 'utf8')));
  expect(opening.map((file) => relative(root, file))).toEqual([]);
});

test('no source file is longer than 250 lines', () => {
  const long = sources.filter((file) => readFileSync(file, 'utf8').split('\n').length > 251);
  expect(long.map((file) => relative(root, file))).toEqual([]);
});
