import { once } from 'node:events';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { MiltonConfig } from '../src/pipeline/config.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { problemOfImport } from './import-problem.ts';
import { expandPath } from './load-environment.ts';
import { hookResolution } from './resolve-hook.ts';
import { checkShape } from './schema.ts';

const FILE = 'milton.config.ts';
/** How long a configuration may take to load, in ms. */
const PATIENCE = 30_000;

const EXAMPLE = `Create it, for example:

  import { authorise, classify, claude, commands, dedupe, defineConfig, env, execute, ntfy,
    promptBuild, publish, queue, research, sqlite, summarise } from 'milton-orchestrator';
  export default defineConfig({
    repositories: { app: { path: env.TARGET_REPO } },
    transports: [ntfy()],
    store: sqlite(),
    agents: [claude()],
    pipeline: [dedupe(), authorise(), classify(), commands(), queue(),
      research(), promptBuild(), execute(), summarise(), publish()],
  });

Then run: milton check`;

/** Where the configuration is: the named file, else the one in this folder, else the one of this user. */
export function findConfig(named: string | undefined, folder: string): { path: string; problem?: Problem } {
  if (named !== undefined) {
    const path = expandPath(named, folder);
    return existsSync(path) ? { path } : { path, problem: missing(path, 'does not exist', 'Correct the path. ') };
  }
  const places = [join(folder, FILE), expandPath(`~/.config/milton/${FILE}`, folder)];
  const path = places.find((place) => existsSync(place));
  if (path) return { path };
  return { path: places[0]!, problem: missing(FILE, `there is none in ${folder} nor in ~/.config/milton`) };
}

const missing = (where: string, what: string, first = ''): Problem => ({ where, what, repair: `${first}${EXAMPLE}` });

/**
 * Imports a configuration; whatever goes wrong comes back as problems with what to do. `exported` tells the names that can be
 * imported from milton-orchestrator.
 */
export async function loadConfig(
  path: string,
  exported: () => Promise<readonly string[]> = async () => [],
): Promise<{ config?: MiltonConfig; problems: readonly Problem[] }> {
  const unreadable = inspect(path);
  if (unreadable) return { problems: [unreadable] };
  const loaded = hookResolution();
  const waited = new AbortController();
  try {
    const module: unknown = await Promise.race([
      import(pathToFileURL(path).href),
      // Node would end without a word where a configuration waits for something that never comes.
      once(process, 'beforeExit', { signal: waited.signal }).then(() => undefined),
      sleep(PATIENCE, undefined, { signal: waited.signal, ref: false }),
    ]);
    if (module === undefined) return { problems: [tooSlow(path)] };
    const { default: config } = module as { default?: unknown };
    if (config === undefined) return { problems: [noDefault(path, Object.keys(module as object))] };
    const problems = checkShape(config);
    return problems.length > 0 ? { problems } : { config: config as MiltonConfig, problems };
  } catch (error) {
    const names = error instanceof ReferenceError ? await exported() : [];
    return { problems: [problemOfImport(error, { path, loaded, exported: names })] };
  } finally {
    waited.abort();
  }
}

function inspect(path: string): Problem | undefined {
  try {
    if (statSync(path).isDirectory()) {
      return { where: path, what: 'is a folder', repair: `Name the file: ${join(path, FILE)}` };
    }
    readFileSync(path);
    return undefined;
  } catch (error) {
    return { where: path, what: `cannot be read: ${(error as Error).message}`, repair: `Run: chmod u+r ${path}` };
  }
}

const tooSlow = (where: string): Problem => ({
  where,
  what: 'never finished loading',
  repair: 'Look for an await at its top level that never ends',
});

function noDefault(where: string, named: readonly string[]): Problem {
  const instead = named.length > 0 ? `, only ${named.join(', ')}` : '';
  return { where, what: `has no default export${instead}`, repair: 'Write: export default defineConfig({ … })' };
}
