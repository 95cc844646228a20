import { MiltonError } from '../src/pipeline/errors.ts';
import { nearest } from '../src/pipeline/nearest.ts';
import type { Env } from './env.ts';
import { type LoadedEnvironment, loadEnvironment } from './load-environment.ts';

let current: LoadedEnvironment | undefined;

/** Decides what `env` reads from now on; called before milton.config.ts is loaded. */
export function useEnvironment(loaded: LoadedEnvironment): void {
  current = loaded;
}

/** The values that no sink may show, as far as an environment was read. */
export const knownSecrets = (): readonly string[] => current?.secrets ?? [];

/**
 * The environment variables, parsed, for milton.config.ts.
 * @example repositories: { app: { path: env.TARGET_REPO } }
 */
export const env: Readonly<Env> = new Proxy({} as Env, {
  get(_, name) {
    if (typeof name === 'symbol') return undefined;
    current ??= loadEnvironment({ processEnv: process.env, folder: process.cwd() });
    if (Object.hasOwn(current.values, name)) return current.values[name];
    const setting = current.environment.get(name);
    if (setting !== undefined) return setting.value;
    const meant = nearest(name, Object.keys(current.values));
    throw new MiltonError('ENV_UNKNOWN', `env.${name} is not set, and Milton knows no such variable.`, {
      hint: meant ? `Did you mean env.${meant}?` : `Set ${name} in .env, or read process.env.${name}.`,
    });
  },
});
