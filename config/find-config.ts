import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { agentFolderOf } from './agent-folders.ts';
import { expandPath } from './load-environment.ts';
import { ownFolder } from './own-folder.ts';
import { notOwn } from './ownership.ts';

/** The name of a configuration. */
export const CONFIG_FILE = 'milton.config.ts';

const EXAMPLE = `Run: milton init. Or create it, for example:

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

/** Where the configuration is, or why there is none; `passed` tells of one that was not taken. */
export interface FoundConfig {
  readonly path: string;
  readonly problem?: Problem;
  readonly passed?: Problem;
}

/**
 * The named file, else the one in this folder, else the one of this user, but none that lies where agents work: to import it is to
 * run it.
 */
export function findConfig(named: string | undefined, folder: string, agentFolders: readonly string[]): FoundConfig {
  if (named !== undefined) {
    const path = expandPath(named, folder);
    if (!existsSync(path)) return { path, problem: missing(path, 'does not exist', 'Correct the path. ') };
    return { path, ...asProblem(distrust(path, agentFolders)) };
  }
  const places = [join(folder, CONFIG_FILE), join(ownFolder(), CONFIG_FILE)];
  const found = places.filter((place) => existsSync(place));
  const [first, second] = found;
  if (first === undefined) {
    return { path: places[0]!, problem: missing(CONFIG_FILE, `there is none in ${folder} nor in ~/.config/milton`) };
  }
  const refused = distrust(first, agentFolders);
  if (!refused || second === undefined) return { path: first, ...asProblem(refused) };
  const passed = { ...refused, repair: `${second} is taken instead` };
  return { path: second, passed, ...asProblem(distrust(second, agentFolders)) };
}

/** Why a configuration must not be run. */
export function distrust(path: string, agentFolders: readonly string[]): Problem | undefined {
  const folder = agentFolderOf(path, agentFolders);
  if (folder !== undefined) return planted(path, folder);
  return notOwn(path, statSync(path), 0o002);
}

/** What is wrong with a file of Milton's that lies where agents work. */
export const planted = (path: string, folder: string): Problem => ({
  where: path,
  what: `it lies in ${folder}, where agents work, and could be theirs`,
  repair: 'Put your configuration and its .env into ~/.config/milton; delete this one if it is not yours',
});

const asProblem = (problem: Problem | undefined) => (problem ? { problem } : {});

const missing = (where: string, what: string, first = ''): Problem => ({ where, what, repair: `${first}${EXAMPLE}` });
