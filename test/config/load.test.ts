import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findConfig } from '../../config/find-config.ts';
import type { Problem } from '../../src/pipeline/setup/problems.ts';

// Node itself must load these files: the test runner would transform what Node refuses.
const LOADER = `
  import { loadConfig } from ${JSON.stringify(new URL('../../config/load.ts', import.meta.url).href)};
  const results = {};
  const exported = async () => ['research'];
  for (const path of process.argv.slice(2)) results[path] = await loadConfig(path, exported).then(({ problems }) => problems);
  console.log(JSON.stringify(results));
`;

const FILES: Record<string, string> = {
  'good.ts': `const x: number = 1;\nexport default ${minimal()};`,
  'enum.ts': `const a = 1;\nenum Kind { A }\nexport default {};`,
  'parameter.ts': `export class A { constructor(private x: number) {} }\nexport default {};`,
  'namespace.ts': `namespace N { export const x = 1 }\nexport default {};`,
  'decorator.ts': `const d = (x: unknown) => x;\n/** @d */\n  @d\nclass A {}\nexport default {};`,
  'decorated-plugin.ts': `import './decorator.ts';\nexport default {};`,
  'syntax.ts': `export default {\n  a: [1, 2,\n};\n`,
  'package.ts': `import x from 'no-such-package';\nexport default x;`,
  'ending.ts': `import x from './good';\nexport default x;`,
  'missing-file.ts': `import x from './plugins/none.ts';\nexport default x;`,
  'missing-name.ts': `import { nope } from './good.ts';\nexport default nope;`,
  'throws.ts': `const x = undefined as any;\n\nexport default x.y.z;`,
  'throws-text.ts': `throw 'no';`,
  'not-imported.ts': `export default { pipeline: [research()] };`,
  'not-defined.ts': `export default { pipeline: [reserch()] };`,
  'commonjs.ts': `module.exports = {};`,
  'no-default.ts': `export const config = {};`,
  'typeless/good.ts': `import './plugin.ts';\nimport { z } from 'zod';\nexport default z ? ${minimal()} : undefined;`,
  'typeless/plugin.ts': 'export const x: number = 1;',
  'typeless/package.json': '{ "type": "commonjs" }',
  'shape.ts': `export default { ...${minimal()}, pipelin: [] };`,
};

function minimal(): string {
  const part = (kind: string) => `{ '~milton': 'part', kind: '${kind}', name: 'x', input: {} }`;
  return `{ repositories: { app: { path: '/x' } }, transports: [${part('transport')}], store: ${part('store')}, agents: [${part('agent')}], pipeline: [() => {}] }`;
}

let folder: string;
let results: Record<string, Problem[]>;
let noise: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'milton-load-'));
  mkdirSync(join(folder, 'typeless'));
  mkdirSync(join(folder, 'folder.ts'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const paths = [
    ...Object.keys(FILES).filter((name) => !/json|plugin\.ts/.test(name)),
    'folder.ts',
    'decorated-plugin.ts',
  ];
  // A file, since code given with -e has require and module.
  writeFileSync(join(folder, 'loader.mjs'), LOADER);
  const args = [join(folder, 'loader.mjs'), ...paths.map((name) => join(folder, name))];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { env: {} });
  [results, noise] = [JSON.parse(stdout), stderr];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('loading', () => {
  test('a good file has no problems, and Node no warnings', () => {
    expect(results[join(folder, 'good.ts')]).toEqual([]);
    expect(noise).toBe('');
  });

  test('a file is a module whatever package.json says, and finds zod without having it', () => {
    expect(results[join(folder, 'typeless/good.ts')]).toEqual([]);
  });

  test.each<[string, string, RegExp, RegExp]>([
    ['enum.ts', 'enum.ts:2', /TypeScript enum is not supported/, /union of texts/],
    ['parameter.ts', 'parameter.ts:1', /parameter property is not supported/, /constructor/],
    ['namespace.ts', 'namespace.ts:1', /namespace declaration is not supported/, /module/],
    ['decorator.ts', 'decorator.ts:3', /^decorators are not supported/, /compile/],
    ['decorated-plugin.ts', 'decorator.ts:3', /^decorators are not supported/, /compile/],
    ['syntax.ts', 'syntax.ts:3', /^syntax error: Expression expected in `};`$/, /Correct/],
    ['package.ts', 'package.ts', /^the package no-such-package is not installed$/, /npm install no-such-package/],
    ['ending.ts', 'ending.ts', /^.\/good does not exist$/, /'.\/good.ts'/],
    ['missing-file.ts', 'missing-file.ts', /^.\/plugins\/none.ts does not exist$/, /create the file/],
    ['missing-name.ts', 'missing-name.ts:1', /does not provide an export named 'nope'$/, /import type/],
    ['throws.ts', 'throws.ts:3', /^threw while it was loaded: Cannot read properties/, /Correct this line/],
    ['throws-text.ts', 'throws-text.ts', /^threw 'no'$/, /Error/],
    ['not-imported.ts', 'not-imported.ts:1', /^research is used, but not imported$/, /^Import it: import { research }/],
    ['not-defined.ts', 'not-defined.ts:1', /^threw while it was loaded: reserch is not defined$/, /Correct this line/],
    ['commonjs.ts', 'commonjs.ts:1', /is an ES module/, /export default/],
    ['no-default.ts', 'no-default.ts', /^has no default export, only config$/, /export default defineConfig/],
    ['folder.ts', 'folder.ts', /^is a folder$/, /folder.ts\/milton.config.ts$/],
    ['shape.ts', 'milton.config.ts', /^there is no field "pipelin"$/, /Did you mean "pipeline"/],
  ])('%s', (name, where, what, repair) => {
    expect(results[join(folder, name)]).toEqual([
      {
        where: where === 'milton.config.ts' ? where : join(folder, where),
        what: expect.stringMatching(what),
        repair: expect.stringMatching(repair),
      },
    ]);
  });
});

describe('finding', () => {
  test('the named file, else the one in the folder', () => {
    writeFileSync(join(folder, 'milton.config.ts'), '');
    expect(findConfig('good.ts', folder, [])).toEqual({ path: join(folder, 'good.ts') });
    expect(findConfig(undefined, folder, [])).toEqual({ path: join(folder, 'milton.config.ts') });
  });

  test('a missing one says how to create it', () => {
    const { problem } = findConfig('none.ts', folder, []);
    expect(problem).toMatchObject({ where: join(folder, 'none.ts'), what: 'does not exist' });
    expect(problem?.repair).toMatch(/export default defineConfig\(\{[\s\S]*\n\nThen run: milton check$/);
    expect(findConfig(undefined, join(folder, 'typeless'), []).problem?.repair).toContain(
      "from 'milton-orchestrator';",
    );
  });
});
