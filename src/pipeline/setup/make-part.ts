import type { Host } from '../host.ts';
import type { Part } from '../part.ts';
import { Environment, Logger } from '../services.ts';
import type { Get } from '../token.ts';
import { ConfigProblems } from './problems.ts';
import { resolveOptions } from './settings.ts';

/** Sets a part up; rejects with ConfigProblems where its options are wrong, and with whatever its `create` throws. */
export type MakePart = <Product>(part: Part<Product>) => Promise<Product>;

/** What sets parts up with these services; their clean-ups go onto the stack. */
export function partMaker(get: Get, stack: AsyncDisposableStack): MakePart {
  const make: MakePart = async (part) => {
    const { options, problems } = resolveOptions(`${part.name}()`, part.schema, part.input, get(Environment));
    if (problems.length > 0) throw new ConfigProblems(problems);
    const host: Host<unknown> = {
      options,
      logger: get(Logger).child({ [part.kind]: part.name }),
      get,
      onClose: (cleanup) => stack.defer(async () => cleanup()),
      make,
    };
    return part.create(host as Host<never>);
  };
  return make;
}
