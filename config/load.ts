import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { MiltonConfig } from '../src/pipeline/config.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { CONFIG_FILE } from './find-config.ts';
import { problemOfImport } from './import-problem.ts';
import { hookResolution } from './resolve-hook.ts';
import { checkShape } from './schema.ts';

/** How long a configuration may take to load, in ms. */
const PATIENCE = 30_000;

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
      return { where: path, what: 'is a folder', repair: `Name the file: ${join(path, CONFIG_FILE)}` };
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
