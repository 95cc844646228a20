import { existsSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { explain } from '../src/pipeline/errors.ts';
import { cleaner } from '../src/pipeline/services/clean.ts';
import { createRedactor } from '../src/pipeline/services/redact.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { shortLine } from '../src/pipeline/short-line.ts';
import { knownSecrets } from './current-env.ts';

interface Imported {
  readonly path: string;
  /** URLs of the TypeScript files loaded for it. */
  readonly loaded: Iterable<string>;
  /** What milton-orchestrator exports. */
  readonly exported: readonly string[];
}

/** Turns what `import()` of a configuration rejected with into a problem: the file and line, and what to do. */
export function problemOfImport(error: unknown, { path, loaded, exported }: Imported): Problem {
  if (!(error instanceof Error))
    return { where: path, what: `threw ${inspect(error, { depth: 1 })}`, repair: 'Throw an Error' };
  const { code } = error as NodeJS.ErrnoException;
  const stack = String(error.stack);
  const where = placeOf(stack, loaded) ?? path;
  const { message } = error;
  switch (code) {
    case 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX':
      return {
        where,
        what: message.replace(' in strip-only mode', ' here: only types may be TypeScript'),
        repair: replacement(message),
      };
    case 'ERR_INVALID_TYPESCRIPT_SYNTAX':
      return { where, what: `syntax error: ${message}${excerpt(stack)}`, repair: 'Correct this line' };
    case 'ERR_MODULE_NOT_FOUND':
    case 'ERR_UNSUPPORTED_DIR_IMPORT':
    case 'ERR_PACKAGE_PATH_NOT_EXPORTED':
      return unresolved(message, path);
    case 'ERR_UNKNOWN_FILE_EXTENSION':
      return { where, what: message, repair: 'Import .ts, .js or .json files' };
    case 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING':
      return {
        where,
        what: 'a package ships TypeScript, which Node does not load from node_modules',
        repair: 'Use a release of it that is compiled to JavaScript',
      };
  }
  if (error instanceof SyntaxError) return syntaxProblem(message, stack, where, loaded);
  if (error instanceof ReferenceError && /^(?:require|module|exports|__dirname|__filename) is not/.test(message)) {
    return {
      where,
      what: 'it is an ES module, where require, module and __dirname do not exist',
      repair: 'Write import … from, export default, and import.meta.dirname',
    };
  }
  const forgotten = error instanceof ReferenceError && /^(\S+) is not defined$/.exec(message)?.[1];
  if (forgotten && exported.includes(forgotten)) {
    const repair = `Import it: import { ${forgotten} } from 'milton-orchestrator'`;
    return { where, what: `${forgotten} is used, but not imported`, repair };
  }
  const repair = placeOf(stack, loaded) ? 'Correct this line' : 'Run with -v to see where it comes from';
  return { where, what: `threw while it was loaded: ${explain(error)}`, repair };
}

/** `file:line`, from the head of a syntax error or the first frame of the configuration's own files. */
function placeOf(stack: string, loaded: Iterable<string>): string | undefined {
  const head = /^(?:file:\/\/)?(\/.+?):(\d+)\n/.exec(stack);
  if (head) return `${decodeURI(head[1]!)}:${head[2]}`;
  let first: { at: number; place: string } | undefined;
  for (const url of loaded) {
    const at = stack.indexOf(`${url}:`);
    const line = at < 0 ? undefined : /^\d+/.exec(stack.slice(at + url.length + 1))?.[0];
    if (line && (!first || at < first.at)) first = { at, place: `${fileURLToPath(url)}:${line}` };
  }
  return first?.place;
}

/** The line above the marker under a syntax error. */
function excerpt(stack: string): string {
  const lines = stack.split('\n');
  const source = lines[lines.findIndex((line) => /^\s*\^+\s*$/.test(line)) - 1]?.trim();
  return source ? ` in \`${shortLine(cleaner(createRedactor(knownSecrets()))(source), 80)}\`` : '';
}

function replacement(message: string): string {
  if (message.includes('enum')) return "Write a constant object or a union of texts instead: type Kind = 'a' | 'b'";
  if (message.includes('parameter property')) return 'Declare the field, and assign it in the constructor';
  if (message.includes('namespace')) return 'Use a module of its own instead';
  return 'Write it in plain JavaScript with types, or compile the file first';
}

/** Node strips types but not decorators, which then fail without telling where. */
function syntaxProblem(message: string, stack: string, where: string, loaded: Iterable<string>): Problem {
  const missing = /does not provide an export named '(.+)'/.exec(message)?.[1];
  if (missing) return { where, what: message, repair: `Correct the name; if ${missing} is a type, write: import type` };
  for (const url of message.includes('Invalid or unexpected token') ? loaded : []) {
    const lines = readFileSync(fileURLToPath(url), 'utf8').split('\n');
    const line = lines.findIndex((text) => /^\s*@[A-Za-z_$]/.test(text));
    if (line >= 0) {
      const repair = 'Call the function yourself instead, or compile the file first';
      return {
        where: `${fileURLToPath(url)}:${line + 1}`,
        what: 'decorators are not supported here: only types may be TypeScript',
        repair,
      };
    }
  }
  return {
    where,
    what: `syntax error: ${message}${/^(?:file:)?\//.test(stack) ? excerpt(stack) : ''}`,
    repair: 'Correct it; an editor shows where',
  };
}

function unresolved(message: string, path: string): Problem {
  const from = / imported from (.+)$/.exec(message)?.[1] ?? path;
  const module = /(?:module|import) '(.+?)'/.exec(message)?.[1];
  if (module === undefined) {
    const name = /package '(.+?)'/.exec(message)?.[1];
    const repair = name ? `Install it: npm install ${name}` : 'Correct the import';
    return { where: from, what: name ? `the package ${name} is not installed` : message, repair };
  }
  const target = resolve(dirname(from), module);
  const ending = ['.ts', '.js', '/index.ts', '/index.js'].find((end) => existsSync(target + end));
  const shown = relative(dirname(from), target);
  const written = shown.startsWith('.') ? shown : `./${shown}`;
  const repair = ending ? `Write the whole name: '${written}${ending}'` : 'Correct the path, or create the file';
  return { where: from, what: `${written} does not exist`, repair };
}
