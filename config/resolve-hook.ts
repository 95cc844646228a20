import { registerHooks } from 'node:module';

/** What a plugin must share with Milton: its types are compared by identity. */
const SHARED = /^(?:zod|rxjs)(?:\/|$)/;
const OWN = /^milton-orchestrator(?:\/|$)/;

let typescript: Set<string> | undefined;

/**
 * Lets `milton.config.ts` stand in any folder: `milton-orchestrator` is this very copy, `zod` and `rxjs` are Milton's own
 * where the folder has none, and a `.ts` file is a module whatever the nearest package.json says. Returns the URLs of the
 * TypeScript files loaded so far.
 */
export function hookResolution(): ReadonlySet<string> {
  if (typescript) return typescript;
  const seen = new Set<string>();
  typescript = seen;
  registerHooks({
    resolve(specifier, context, next) {
      const here = { ...context, parentURL: import.meta.url };
      if (OWN.test(specifier)) return next(specifier, here);
      const found = SHARED.test(specifier)
        ? either(
            () => next(specifier, context),
            () => next(specifier, here),
          )
        : next(specifier, context);
      if (!/^file:.*\.m?ts$/.test(found.url) || found.url.includes('/node_modules/')) return found;
      seen.add(found.url);
      return { ...found, format: 'module-typescript' };
    },
  });
  return seen;
}

function either<T>(first: () => T, second: () => T): T {
  try {
    return first();
  } catch {
    return second();
  }
}
