import type { MiltonConfig } from '../../pipeline/config.ts';
import { assemble, type Milton } from '../../pipeline/setup/assemble.ts';
import { ConfigProblems, type Problem, problemOf } from '../../pipeline/setup/problems.ts';
import type { Prepared } from './prepare.ts';
import { builtIn } from './services.ts';
import { SILENT } from './silent.ts';

/** Sets everything up with a store in memory, beside a Milton that may be running. */
export function tryAssembly(prepared: Prepared, config: MiltonConfig): Promise<Milton> {
  return assemble(config, builtIn(prepared, SILENT), { checkOnly: true });
}

/** What setting the parts and steps up finds wrong. */
export async function problemsOfParts(prepared: Prepared): Promise<readonly Problem[]> {
  if (!prepared.config) return [];
  try {
    await (await tryAssembly(prepared, prepared.config)).close();
    return [];
  } catch (error) {
    return error instanceof ConfigProblems ? error.problems : [problemOf(prepared.path, error)];
  }
}
