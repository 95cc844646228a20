import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { nearest } from '../src/pipeline/nearest.ts';
import type { Environment, Setting } from '../src/pipeline/services.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { about, type VariableName, variables } from './env.ts';
import { type EnvFile, isSecretName, readEnvFile } from './env-file.ts';

export interface EnvironmentSources {
  readonly processEnv: Readonly<Record<string, string | undefined>>;
  /** Where `.env` is looked for; nowhere when absent. */
  readonly folder?: string | undefined;
  /** What the command line sets; it wins over everything. */
  readonly overrides?: Readonly<Record<string, string>>;
}

export interface LoadedEnvironment {
  readonly environment: Environment;
  /** Every declared variable's value, parsed; a bad one reads as its default. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly problems: readonly Problem[];
  /** Whether there is a `.env` that was not read, so that nobody knows what it would have said. */
  readonly unread: boolean;
  /** What does not keep Milton from starting. */
  readonly warnings: readonly Problem[];
  /** Values that no sink may show. */
  readonly secrets: readonly string[];
}

type Raw = { readonly text: string; readonly origin: Exclude<Setting['origin'], 'default'>; readonly base: string };

const names = Object.keys(variables.shape) as VariableName[];

/**
 * Reads every variable: command line, then process environment, then `.env`, then the default. An empty value counts as not
 * set, and hides those behind it.
 */
export function loadEnvironment({ processEnv, folder, overrides = {} }: EnvironmentSources): LoadedEnvironment {
  const {
    texts: file,
    problem,
    warning,
  }: EnvFile = folder === undefined ? { texts: {} } : readEnvFile(join(folder, '.env'));
  const problems: Problem[] = problem ? [problem] : [];
  const find = (name: string): Raw | undefined => {
    const layers = [
      { text: own(overrides, name), origin: 'command line', base: process.cwd() },
      { text: own(processEnv, name), origin: 'environment', base: process.cwd() },
      { text: own(file, name), origin: '.env', base: folder ?? '' },
    ] as const;
    const layer = layers.find(({ text }) => text !== undefined);
    return layer === undefined || layer.text?.trim() === '' ? undefined : (layer as Raw);
  };

  const settings = new Map<string, Setting>();
  for (const name of names) settings.set(name, readVariable(name, find(name), settings, problems));
  inheritTimeout(settings);

  const secrets = [...settings.values()].flatMap(({ secret, value }) => (secret && value ? [String(value)] : []));
  for (const [name, value] of Object.entries({ ...file, ...processEnv })) {
    if (value && value.length >= 12 && !value.startsWith('/') && isSecretName(name)) secrets.push(value);
  }
  return {
    environment: {
      files: folder === undefined ? [] : [join(folder, '.env')],
      get(name) {
        const raw = settings.has(name) ? undefined : find(name);
        return raw ? { value: raw.text, origin: raw.origin, secret: isSecretName(name) } : settings.get(name);
      },
    },
    values: Object.fromEntries([...settings].map(([name, { value }]) => [name, value])),
    problems,
    unread: problem !== undefined,
    warnings: [...misspelt(file), ...(warning ? [warning] : [])],
    secrets: [...new Set(secrets)],
  };
}

const own = (texts: Readonly<Record<string, string | undefined>>, name: string) =>
  Object.hasOwn(texts, name) ? texts[name] : undefined;

function readVariable(
  name: VariableName,
  raw: Raw | undefined,
  settings: ReadonlyMap<string, Setting>,
  problems: Problem[],
): Setting {
  const schema = variables.shape[name];
  const { secret = false, kind, under } = about.get(schema) ?? {};
  const parsed = schema.safeParse(raw?.text);
  if (raw === undefined || !parsed.success) {
    if (!parsed.success) problems.push(badVariable(name, raw, secret, parsed.error.issues));
    const value = schema.parse(undefined);
    const base = under && String(settings.get(under)?.value);
    return { value: base ? join(base, String(value)) : place(value, kind, process.cwd()), origin: 'default', secret };
  }
  return { value: place(parsed.data, kind, raw.base), origin: raw.origin, secret };
}

function place(value: unknown, kind: 'path' | 'command' | undefined, base: string): unknown {
  if (kind === undefined || typeof value !== 'string' || value === '') return value;
  if (kind === 'command' && !value.includes('/')) return value;
  return expandPath(value, base);
}

/** The absolute form of a path as people write it: `~` is the home folder, and relative means relative to `base`. */
export function expandPath(path: string, base: string): string {
  return resolve(
    base,
    path.replace(/^~(?=\/|$)/, () => homedir()),
  );
}

type Issue = {
  readonly message: string;
  readonly params?: Record<string, unknown>;
  readonly errors?: readonly Issue[][];
};

function badVariable(name: string, raw: Raw | undefined, secret: boolean, issues: readonly unknown[]): Problem {
  const first = issues[0] as Issue;
  const issue = first.errors?.flat().find(({ params }) => params) ?? first;
  // An address with a password in it is refused, so no address is quoted.
  const shown =
    secret || raw === undefined || raw.text.includes('@') ? 'its value' : JSON.stringify(raw.text.slice(0, 80));
  const source = raw?.origin === '.env' ? ' (in .env)' : '';
  return {
    where: name,
    what: `${shown}${source} is not ${issue.message}`,
    repair: String(issue.params?.repair ?? 'Correct it'),
  };
}

/** REQUEST_TIMEOUT is the limit of each agent that has none of its own. */
function inheritTimeout(settings: Map<string, Setting>): void {
  const common = settings.get('REQUEST_TIMEOUT');
  if (common?.value === undefined) return;
  for (const name of ['CLAUDE_TIMEOUT', 'CODEX_TIMEOUT']) {
    if (settings.get(name)?.origin === 'default') settings.set(name, common);
  }
}

function misspelt(file: Readonly<Record<string, string | undefined>>): Problem[] {
  const known = new Set<string>(names);
  return Object.keys(file).flatMap((name) => {
    const meant = known.has(name) ? undefined : nearest(name, known);
    return meant
      ? [{ where: name, what: 'Milton reads no variable of this name (in .env)', repair: `Did you mean ${meant}?` }]
      : [];
  });
}
