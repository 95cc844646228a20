import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from '../support/pages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-hook-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

/** Where a plugin in `folder` finds these, once Milton has hooked in; or the code of the error. */
async function found(...names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  write(
    'plugin.ts',
    `const where = (name: string) => { try { return import.meta.resolve(name); } catch (error) { return (error as any).code; } };
     console.log(JSON.stringify(Object.fromEntries(${JSON.stringify(names)}.map((name) => [name, where(name)]))));`,
  );
  const hook = pathToFileURL(join(root, 'config/resolve-hook.ts')).href;
  write('start.mjs', `import { hookResolution } from '${hook}';\nhookResolution();\nawait import('./plugin.ts');`);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'start.mjs')], { env: {} });
  return JSON.parse(stdout);
}

const at = (path: string) => pathToFileURL(join(root, path)).href;

test('a plugin shares with Milton what Milton runs on', async () => {
  expect(await found('milton-orchestrator', 'zod', 'zod/v4', 'rxjs', 'rxjs/operators')).toEqual({
    'milton-orchestrator': at('dist/src/index.js'),
    zod: at('dist/shared/zod.js'),
    'zod/v4': at('dist/shared/zod/v4.js'),
    rxjs: at('dist/shared/rxjs.js'),
    'rxjs/operators': at('dist/shared/rxjs/operators.js'),
  });
});

test('so it does where npm has put the package that Milton depends on beside it', async () => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'node_modules/zod'), join(folder, 'node_modules/zod'));
  expect(await found('zod')).toEqual({ zod: at('dist/shared/zod.js') });
});

test('another release that its folder has stays its own', async () => {
  write('node_modules/zod/package.json', '{ "name": "zod", "version": "3.0.0", "exports": "./index.mjs" }');
  write('node_modules/zod/index.mjs', 'export const z = 3;');
  expect(await found('zod', 'rxjs')).toEqual({
    zod: pathToFileURL(join(folder, 'node_modules/zod/index.mjs')).href,
    rxjs: at('dist/shared/rxjs.js'),
  });
});

test('what Milton does not use of them comes from the packages themselves, and nothing else from Milton', async () => {
  expect(await found('zod/mini', 'rxjs/nothing', 'winston')).toEqual({
    'zod/mini': at('node_modules/zod/mini/index.js'),
    'rxjs/nothing': 'ERR_PACKAGE_PATH_NOT_EXPORTED',
    winston: 'ERR_MODULE_NOT_FOUND',
  });
});

test('shared zod has all that zod has, its languages as well', async () => {
  const [ours, theirs] = await Promise.all([import(at('dist/shared/zod.js')), import(at('node_modules/zod/index.js'))]);
  expect(Object.keys(ours).toSorted()).toEqual(Object.keys(theirs).toSorted());
  expect(Object.keys(ours.locales).toSorted()).toEqual(Object.keys(theirs.locales).toSorted());
  const parse = (z: typeof theirs) => z.string().safeParse(1, { error: z.locales.de().localeError }).error.issues;
  expect(parse(ours)).toEqual(parse(theirs));
});
