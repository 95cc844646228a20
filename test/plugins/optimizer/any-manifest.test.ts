import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'vitest';
import fc from '../../support/property.ts';
import { readFacts } from './facts-of.ts';
import { expectClean, MANIFESTS } from './manifests.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-hostile-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

/** Pieces that manifests are made of, and what does not belong there. */
const pieces = fc.oneof(
  fc.constantFrom(
    ...`"dependencies":|{|}|[|]|,|:|"name":|"workspaces":["*"]|"react":"^1.0.0"|"__proto__":{|dependencies = [|"flask>=|[tool.`.split(
      '|',
    ),
    ...`a = "1.0"|require (|github.com/x/y v1.0.0|module x|use ./a|packages:|  - '**'|-|  |#|'|"|<groupId>|</groupId>|<artifactId>`.split(
      '|',
    ),
    ...`<version>1</version>|include ":a"|kotlin("jvm")|gem "rails"|test:|install_requires=[|../|..|$(x)|{"|"}|__proto__|constructor`.split(
      '|',
    ),
    ...[
      '[project]\n',
      '[workspace]\nmembers = ["*"]\n',
      '[dependencies]\n',
      '\n',
      '`',
      '\u202e',
      '\x1b[31m',
      '\0',
      '\ufeff',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const contents = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(pieces, { maxLength: 40 }).map((parts) => Buffer.from(parts.join(''))),
  fc.json().map((text) => Buffer.from(text)),
);

test('whatever is in the manifests, something clean is read', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.constantFrom(...MANIFESTS), contents, { maxKeys: 8 }), async (files) => {
      for (const [name, content] of Object.entries(files)) write(name, content);
      expectClean(await readFacts(folder));
      for (const name of Object.keys(files)) rmSync(join(folder, name));
    }),
    { numRuns: 300 },
  );
}, 60_000);

test('whatever names and versions are, those that are told are plain', async () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 120 }),
    fc.constantFrom('1.0.0', '__proto__', '^2.0.0'),
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(texts, texts), fc.dictionary(texts, texts), async (dependencies, scripts) => {
      write('package.json', JSON.stringify({ dependencies, devDependencies: dependencies, scripts, name: 'x' }));
      const packages = Object.fromEntries(
        Object.entries(dependencies).map(([name, version]) => [`node_modules/${name}`, { version }]),
      );
      write('package-lock.json', JSON.stringify({ packages }));
      write('go.mod', `require github.com/x/y v${'1'.repeat(300)}`);
      write('composer.json', JSON.stringify({ require: dependencies, scripts }));
      write(
        'requirements.txt',
        Object.entries(dependencies)
          .map((entry) => entry.join('=='))
          .join('\n'),
      );
      expectClean(await readFacts(folder));
    }),
  );
}, 60_000);
