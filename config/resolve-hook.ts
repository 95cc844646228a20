import { type ResolveFnOutput, type ResolveHookContext, registerHooks } from 'node:module';

/** What a plugin must share with Milton: its types are compared by identity. */
const SHARED = /^(?:zod|rxjs)(?:\/|$)/;
const OWN = /^milton-orchestrator(?:\/|$)/;

let typescript: Set<string> | undefined;

/**
 * Lets `milton.config.ts` stand in any folder: `milton-orchestrator` is this very copy, `zod` and `rxjs` are Milton's own
 * unless the folder has another release, and a `.ts` file is a module whatever the nearest package.json says. Returns the URLs of the
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
      const found = SHARED.test(specifier) ? shared(specifier, next, context, here) : next(specifier, context);
      if (!/^file:.*\.m?ts$/.test(found.url) || found.url.includes('/node_modules/')) return found;
      seen.add(found.url);
      return { ...found, format: 'module-typescript' };
    },
  });
  return seen;
}

/** Another release that the folder brings along stays its own; else it is the copy that Milton itself runs on. */
function shared(
  specifier: string,
  next: (specifier: string, context: ResolveHookContext) => ResolveFnOutput,
  theirs: ResolveHookContext,
  here: ResolveHookContext,
): ResolveFnOutput {
  const found = attempt(() => next(specifier, theirs));
  if (found && found.url !== attempt(() => next(specifier, here))?.url) return found;
  return attempt(() => next(`#shared/${specifier}`, here)) ?? next(specifier, here);
}

function attempt<T>(resolve: () => T): T | undefined {
  try {
    return resolve();
  } catch {
    return undefined;
  }
}
