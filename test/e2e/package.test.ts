// The package as people get it: packed, installed globally into an empty place, used, and taken away again.
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examples } from '../support/examples.ts';
import { type GlobalInstall, installGlobally } from '../support/global-install.ts';
import { npm, PATH } from '../support/npm.ts';
import { root } from '../support/pages.ts';

const MOST = 1_500_000;
/** Nodes of this machine that are too old; test/cli/usage.test.ts plays one where there is none. */
const OLD = ['/usr/bin/node', '/usr/local/bin/node']
  .filter((node) => existsSync(node))
  .filter((node) => Number(execFileSync(node, ['-p', 'parseInt(process.versions.node)'], { encoding: 'utf8' })) < 24);

let scratch: string;
let installed: GlobalInstall;
const home = () => join(scratch, 'home');

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'milton-package-'));
  for (const name of ['home', 'tmp']) mkdirSync(join(scratch, name));
  installed = await installGlobally(scratch);
});
afterAll(async () => {
  await installed[Symbol.asyncDispose]();
  rmSync(scratch, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], cwd = home()): Promise<Ended> {
  const env = { PATH, HOME: home(), TMPDIR: join(scratch, 'tmp') };
  return new Promise((done) => {
    execFile(program, args, { cwd, env }, (error, stdout, stderr) =>
      done({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}
const milton = (args: readonly string[], cwd?: string) => run(join(installed.prefix, 'bin/milton'), args, cwd);

/** A folder with these files. */
function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

test('it has what people need and no more', () => {
  const { size, names } = installed.packed;
  expect(size).toBeLessThan(MOST);
  const [top, rest] = [
    names.filter((name) => !name.startsWith('dist/')),
    names.filter((name) => name.startsWith('dist/')),
  ];
  const own = ['.env.example', 'LICENSE', 'README.md', 'milton.config.ts', 'package.json'];
  expect(top.filter((name) => !name.startsWith('docs/')).toSorted()).toEqual(own.toSorted());
  // The pages that the commands point to.
  for (const page of ['shortcut.md', 'security.md', 'troubleshooting.md']) expect(top).toContain(`docs/${page}`);
  expect(rest).toContain('dist/THIRD-PARTY.md');
  expect(rest.filter((name) => !/\.(?:js|d\.ts)$/.test(name))).toEqual(['dist/THIRD-PARTY.md']);
});

test('milton and milton-orchestrator say their version', async () => {
  const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
  for (const name of ['milton', 'milton-orchestrator']) {
    expect(await run(join(installed.prefix, 'bin', name), ['--version'])).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    });
  }
});

test('milton demo goes the whole way, and leaves nothing behind', async () => {
  const { code, stdout, stderr } = await milton(['demo']);
  expect([code, stderr]).toEqual([0, expect.stringContaining('REHEARSAL.md')]);
  expect(stdout + stderr).toMatch(/milton\/req_[a-z2-7]+-add-a-login-feature/);
  expect(globSync('**', { cwd: home() }).filter((path) => path !== '.')).toEqual([]);
  expect(globSync('*', { cwd: join(scratch, 'tmp') })).toEqual([]);
});

const PLUGIN = `
import { definePlugin } from 'milton-orchestrator';
import { z } from 'zod';
import { of } from 'rxjs';

const options = z.strictObject({ greeting: z.string().min(3).default('hello') });
interface Shared { readonly where: readonly string[] }
export const shared: Shared = { where: ['zod', 'rxjs'].map((name) => import.meta.resolve(name)) };
export const greet = definePlugin({
  name: 'greet',
  options,
  setup: ({ options: { greeting } }) => async (run, next) => {
    of(greeting).subscribe((title) => run.notify({ title }));
    await next();
  },
});
`;
const CONFIG = (greeting: string) => `
import { classify, dedupe, defineConfig, execute, promptBuild, publish, queue, rehearsal, research, sqlite, summarise, terminal } from 'milton-orchestrator';
import { greet, shared } from './greet.ts';

for (const url of shared.where) if (!url.includes('/milton-orchestrator/dist/shared/')) throw new Error(url);
export default defineConfig({
  repositories: { app: { path: './app' } },
  transports: [terminal()],
  store: sqlite(),
  agents: [rehearsal()],
  pipeline: [dedupe(), classify(), greet({ greeting: '${greeting}' }), queue(), research(), promptBuild(), execute(), summarise(), publish()],
});
`;

describe('a configuration of one’s own, with a plugin in TypeScript, in an empty folder', () => {
  let folder: string;
  beforeAll(async () => {
    folder = folderOf('own', { 'milton.config.ts': CONFIG('welcome'), 'greet.ts': PLUGIN });
    const app = join(folder, 'app');
    mkdirSync(app);
    await run('git', ['init', '--quiet', '--initial-branch=main'], app);
    await run('git', ['-c', 'user.name=A', '-c', 'user.email=a@localhost', 'commit', '-qm', 'x', '--allow-empty'], app);
  });

  test('is found to be right, and shares zod and rxjs with Milton', async () => {
    const { code, stdout, stderr } = await milton(['check'], folder);
    expect([code, stderr]).toEqual([0, expect.anything()]);
    expect(stdout + stderr).toContain('Everything is in order');
  });

  test('is shown', async () => {
    const { code, stdout } = await milton(['config'], folder);
    expect(code).toBe(0);
    expect(stdout).toContain('welcome');
  });

  test('and a wrong option of the plugin is named', async () => {
    writeFileSync(join(folder, 'milton.config.ts'), CONFIG('hi'));
    const { code, stderr } = await milton(['check'], folder);
    expect(code).toBe(3);
    expect(stderr).toMatch(/greet.*greeting/);
  });
});

const CONSUMER = {
  'package.json': JSON.stringify({ name: 'consumer', type: 'module', private: true }),
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      target: 'es2024',
      module: 'nodenext',
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      allowImportingTsExtensions: true,
      noEmit: true,
    },
  }),
  'greet.ts': PLUGIN.replace("['zod', 'rxjs'].map((name) => import.meta.resolve(name))", '[]'),
  'greet.test.ts': `
    import { type Json, queue, slot, summary, type SlotValue } from 'milton-orchestrator';
    import { given, trial } from 'milton-orchestrator/testing';
    import { expect, test } from 'vitest';
    import { z } from 'zod';
    import { greet } from './greet.ts';

    const ticket = slot('ticket', z.object({ number: z.number() }));
    const value: SlotValue<typeof ticket> = { number: 3 };
    const json: Json = value;

    test('it greets', async () => {
      const done = given(summary, { outcome: 'done', title: 'It is done', body: '', report: '' });
      const t = await trial([greet({ greeting: 'welcome' }), queue(), given(ticket, value), done]);
      t.send('CODE: fix the login');
      await t.idle();
      expect(t.notices.map(({ title }) => title)).toContain('welcome');
      expect(json).toEqual({ number: 3 });
      await t.stop();
    });
  `,
};

test('a strict TypeScript project can check and test its plugin with it', async () => {
  const folder = folderOf('consumer', CONSUMER);
  await npm(['install', installed.packed.file, '@types/node'], { cwd: folder, registry: installed.registry });
  // They are large, and what is looked at is how Milton does with them.
  for (const name of ['vitest', 'fast-check']) {
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  const checked = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder);
  expect(checked).toEqual({ code: 0, stdout: '', stderr: '' });
  const tested = await run(
    process.execPath,
    [join(folder, 'node_modules/vitest/vitest.mjs'), 'run', '--testTimeout=60000'],
    folder,
  );
  expect([tested.code, tested.stdout]).toEqual([0, expect.stringContaining('1 passed')]);
});

test('every example of the pages compiles with it, as the file of somebody who writes a plugin', async () => {
  const options = JSON.parse(CONSUMER['tsconfig.json']).compilerOptions;
  const strict = { erasableSyntaxOnly: true, verbatimModuleSyntax: true, noUnusedLocals: true };
  const files = examples.map(({ page, file, code }) => [join(page.replace(/\W/g, '-'), file), code] as const);
  const folder = folderOf('examples', {
    'package.json': CONSUMER['package.json'],
    'tsconfig.json': JSON.stringify({ compilerOptions: { ...options, ...strict } }),
    ...Object.fromEntries(files),
  });
  symlinkSync(join(scratch, 'consumer/node_modules'), join(folder, 'node_modules'));
  const checked = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], folder);
  expect(checked).toEqual({ code: 0, stdout: '', stderr: '' });
});

test.each(OLD)('the Node at %s, which is too old, says so in one sentence', async (node) => {
  const main = join(installed.prefix, 'lib/node_modules/milton-orchestrator/dist/src/cli/main.js');
  const { code, stdout, stderr } = await run(node, [main, 'start']);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^Milton needs Node\.js 24 or newer, and this is [\d.]+: install it [^\n]+\n$/);
});

test('taken away again, nothing is left of it', async () => {
  const copy = join(scratch, 'copy');
  cpSync(installed.prefix, copy, { recursive: true, verbatimSymlinks: true });
  const cwd = join(scratch, 'packed');
  await npm(['uninstall', '--global', '--prefix', copy, 'milton-orchestrator'], { cwd });
  const left = globSync('**', { cwd: copy, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  expect(left).toEqual([]);
});
