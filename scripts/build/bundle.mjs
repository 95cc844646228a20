import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { DIST, ROOT } from './places.mjs';

/** What plugins import from Milton's own copy: config/resolve-hook.ts leads them there. */
const SHARED = ['zod', 'zod/v4', 'rxjs', 'rxjs/operators'];
/** What a plugin author's own tests bring along. */
const THEIRS = ['vitest', 'fast-check'];

/** Bundles the command line, the public API and what plugins share with it, so that all of them have one core. */
export async function bundle() {
  const build = await rolldown({
    cwd: ROOT,
    platform: 'node',
    tsconfig: join(ROOT, 'tsconfig.build.json'),
    input: {
      'src/cli/main': 'src/cli/main.ts',
      'src/index': 'src/index.ts',
      'src/testing': 'src/testing.ts',
      ...Object.fromEntries(SHARED.map((name) => [`shared/${name}`, `shared:${name}`])),
    },
    external: THEIRS,
    resolve: {
      // For Node they name CommonJS, of which nothing can be left out.
      alias: {
        rxjs$: folder('rxjs', 'dist/esm/index.js'),
        'rxjs/operators': folder('rxjs', 'dist/esm/operators/index.js'),
      },
    },
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
    treeshake: { propertyReadSideEffects: false },
    plugins: [builtins, streams, shared, locales, programs, ascii],
    onLog(level, { code, message }) {
      if (code === 'INEFFECTIVE_DYNAMIC_IMPORT') return;
      throw new Error(`${level} ${code}: ${message}`);
    },
  });
  const { output } = await build.write({
    dir: DIST,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    codeSplitting: {
      groups: [
        { name: 'version', test: /src\/cli\/version\.ts$/, priority: 3 },
        { name: 'cli', test: /src\/cli\/(run|command-line\/.*)\.ts$/, priority: 2 },
        { name: 'core', test: /src\/(index|cli\/start\/start)\.ts$/, priority: 1 },
      ],
    },
    comments: false,
    minify: {
      compress: true,
      mangle: { keepNames: { function: false, class: true } },
      codegen: { removeWhitespace: true },
    },
  });
  return { files: output.map(({ fileName }) => fileName), modules: output.flatMap(({ moduleIds }) => moduleIds) };
}

const folder = (name, path) => join(ROOT, 'node_modules', name, path);

/**
 * An import of a built-in module makes Node load all that the module would load when it is first used: with node:http a whole HTTP
 * client, which takes as long as the rest of a start. main.ts is read by old Nodes as well, which lack the other way.
 */
const builtins = {
  name: 'builtins',
  resolveId(id, importer, { kind }) {
    const ours = kind === 'import-statement' && !/\/src\/cli\/main\.ts$|rolldown\/runtime/.test(importer);
    if (ours && isBuiltin(id)) return `\0builtin:${id}`;
  },
  load: {
    filter: { id: /^\0builtin:/ },
    handler(id) {
      const name = id.slice('\0builtin:'.length);
      const names = Object.keys(process.getBuiltinModule(name)).filter((key) => key !== 'default');
      const exports = names.map((key) => `export const ${key} = all.${key};`);
      return [`const all = process.getBuiltinModule('${name}');`, 'export default all;', ...exports].join('\n');
    },
  },
};

/** winston's streams are a copy of those of old Nodes. */
const streams = {
  name: 'streams',
  resolveId: { filter: { id: /^readable-stream(\/|$)/ }, handler: (id) => `\0${id}` },
  load: {
    filter: { id: /^\0readable-stream/ },
    handler: (id) => {
      const stream = "process.getBuiltinModule('node:stream')";
      return `module.exports = ${id.endsWith('_stream_writable.js') ? `${stream}.Writable` : stream};`;
    },
  },
};

/** Stands before a library, so that what the core does not need of it is not loaded with the core. */
const shared = {
  name: 'shared',
  resolveId: { filter: { id: /^shared:/ }, handler: (id) => `\0${id}` },
  load: {
    filter: { id: /^\0shared:/ },
    handler(id) {
      const name = id.slice('\0shared:'.length);
      return `export * from '${name}';${name.startsWith('zod') ? `export { default } from '${name}';` : ''}`;
    },
  },
};

/** Sixty languages would be a fifth of the package, and are in that of zod anyway. */
const locales = {
  name: 'locales',
  load: {
    filter: { id: /zod\/v4\/locales\/index\.js$/ },
    handler: (id) => {
      const names = Object.keys(createRequire(id)('zod/locales'));
      const made = names.map((name) => `export const ${name} = () => all().${name}();`);
      return [
        `import { createRequire, isBuiltin } from 'node:module';`,
        `const all = () => createRequire(import.meta.url)('zod/locales');`,
        ...made,
      ].join('\n');
    },
  },
};

/** A program that Milton starts, named as `new URL('./program.ts', import.meta.url)`, is built as well. */
const programs = {
  name: 'programs',
  transform: {
    filter: { id: /\.ts$/, code: 'import.meta.url' },
    handler(code, id) {
      return code.replace(/new URL\('(\.\/[^']+\.ts)', import\.meta\.url\)/g, (_, path) => {
        const program = this.emitFile({ type: 'chunk', id: join(id, '..', path) });
        return `new URL(import.meta.ROLLUP_FILE_URL_${program})`;
      });
    },
  },
};

/** V8 keeps a text in half the memory, and reads it faster, where each character is one byte. */
const ascii = {
  name: 'ascii',
  generateBundle(_, output) {
    const escaped = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
    for (const chunk of Object.values(output)) chunk.code = chunk.code.replace(/[^\0-\x7f]/g, escaped);
  },
};
