// A plugin is code with all of its person's rights: only what milton.config.ts imports may be loaded.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../support/pages.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-discovery-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, text: string) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
};

test('T16: a plugin that the configuration does not import is not loaded, whatever it is called and wherever it lies', async () => {
  const trace = (name: string) =>
    `import { appendFileSync } from 'node:fs';\nappendFileSync(${JSON.stringify(join(folder, 'loaded'))}, '${name}\\n');\nexport const plugin = () => () => {};\n`;
  const everywhere = [
    ...['plugins/a.ts', 'milton-plugin.ts', '.milton/plugins/b.mjs', 'milton.plugins.ts', 'src/plugins/c.ts'],
    ...['milton-plugin-d', 'milton-orchestrator-plugin-e', '@milton/f'].map((name) => `node_modules/${name}/index.js`),
  ];
  for (const file of everywhere) {
    write(file, trace(file));
    const manifest = {
      name: file,
      version: '1.0.0',
      type: 'module',
      exports: './index.js',
      keywords: ['milton-plugin'],
    };
    if (file.endsWith('/index.js'))
      write(join(dirname(file), 'package.json'), JSON.stringify({ ...manifest, milton: true }));
  }
  write(
    'package.json',
    JSON.stringify({
      type: 'module',
      dependencies: { 'milton-plugin-d': '1.0.0' },
      milton: { plugins: ['milton-plugin-d'] },
    }),
  );
  write('used.ts', trace('used.ts'));
  symlinkSync(join(root, 'node_modules/zod'), join(folder, 'node_modules/zod'));
  const part = (kind: string) => `{ '~milton': 'part', kind: '${kind}', name: 'x', input: {} }`;
  write(
    'milton.config.ts',
    `import { plugin } from './used.ts';\nexport default { repositories: { app: { path: '/x' } }, transports: [${part('transport')}], store: ${part('store')}, agents: [${part('agent')}], pipeline: [plugin()] };\n`,
  );
  // Node itself must load it: the test runner would transform what it loads.
  const load = `
    import { loadConfig } from ${JSON.stringify(join(root, 'config/load.ts'))};
    const { problems } = await loadConfig(process.argv[1], async () => []);
    console.log(JSON.stringify(problems));`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', load, join(folder, 'milton.config.ts')],
    { cwd: folder },
  );
  expect(JSON.parse(stdout)).toEqual([]);
  expect(readFileSync(join(folder, 'loaded'), 'utf8')).toBe('used.ts\n');
});
