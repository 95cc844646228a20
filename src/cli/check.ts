import { explain } from '../pipeline/errors.ts';
import { ConfigProblems, type Problem, problemOf } from '../pipeline/setup/problems.ts';
import type { Run } from './command.ts';
import { type Prepared, prepare } from './prepare.ts';
import { safe } from './terminal.ts';
import { tryAssembly } from './try-assembly.ts';

const INVALID = 3;

/** `milton check`: everything that `milton start` would refuse, and what an agent lacks. */
export const check: Run = async ({ flags, terminal }) => {
  const prepared = await prepare(flags);
  const { problems, complaints } = await tryOut(prepared);
  const { warnings } = prepared.environment;
  const told = [...warnings.map(({ where, what, repair }) => `${where}: ${what}. ${repair}`), ...complaints];
  if (flags.json) {
    terminal.printJson({ v: 1, ok: problems.length === 0, config: prepared.path, problems, warnings: told });
    return problems.length === 0 ? 0 : INVALID;
  }
  for (const warning of told) terminal.talk(`warning: ${safe(warning)}`);
  if (problems.length > 0) throw new ConfigProblems(problems);
  terminal.print(`${terminal.style('green', 'Everything is in order')}: ${safe(prepared.path)}`);
  return 0;
};

async function tryOut(prepared: Prepared): Promise<{ problems: readonly Problem[]; complaints: readonly string[] }> {
  const { config, problems } = prepared;
  if (!config) return { problems, complaints: [] };
  try {
    const milton = await tryAssembly(prepared, config);
    try {
      const checked = milton.agents.map(async (agent) => {
        const complaints = await agent.check().catch((error) => [explain(error)]);
        return complaints.map((complaint) => `${agent.label}: ${complaint}`);
      });
      return { problems, complaints: (await Promise.all(checked)).flat() };
    } finally {
      await milton.close();
    }
  } catch (error) {
    const found = error instanceof ConfigProblems ? error.problems : [problemOf(prepared.path, error)];
    return { problems: [...problems, ...found], complaints: [] };
  }
}
