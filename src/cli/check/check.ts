import { createRedactor } from '../../pipeline/services/redact.ts';
import { ConfigProblems, type Problem, problemOf } from '../../pipeline/setup/problems.ts';
import type { Run } from '../command-line/command.ts';
import { exitCodeOf } from '../command-line/exit-codes.ts';
import { safe } from '../command-line/terminal.ts';
import { agentComplaints } from '../installation/agent-complaints.ts';
import { checkStore } from '../installation/check-store.ts';
import { type Prepared, prepare } from '../installation/prepare.ts';
import { tryAssembly } from '../installation/try-assembly.ts';

interface Findings {
  readonly problems: readonly Problem[];
  readonly complaints: readonly string[];
}

/** `milton check`: everything that `milton start` would refuse, and what an agent lacks. */
export const check: Run = async ({ flags, terminal }) => {
  const prepared = await prepare(flags);
  const { problems, complaints } = await tryOut(prepared);
  // A store that cannot be opened is no matter of configuration: it has its own text and exit code.
  const unusable = refusalOf(prepared);
  const all = unusable ? [...problems, problemOf('store', unusable)] : problems;
  const error = problems.length > 0 ? new ConfigProblems(all) : unusable;
  const redact = createRedactor(prepared.environment.secrets);
  const told = [
    ...prepared.warnings.map(({ where, what, repair }) => `${where}: ${what}. ${repair}`),
    ...complaints,
  ].map(redact);
  if (flags.json) {
    const shown = all.map(({ where, what, repair }) => ({ where, what: redact(what), repair: redact(repair) }));
    terminal.printJson({ v: 1, ok: !error, config: prepared.path, problems: shown, warnings: told });
    return error ? exitCodeOf(error) : 0;
  }
  for (const warning of told) terminal.talk(`warning: ${safe(warning)}`);
  if (error) throw error;
  terminal.print(`${terminal.style('green', 'Everything is in order')}: ${safe(prepared.path)}`);
  return 0;
};

async function tryOut(prepared: Prepared): Promise<Findings> {
  const { config, problems } = prepared;
  if (!config) return { problems, complaints: [] };
  try {
    const milton = await tryAssembly(prepared, config);
    try {
      return { problems, complaints: (await Promise.all(milton.agents.map(agentComplaints))).flat() };
    } finally {
      await milton.close();
    }
  } catch (error) {
    const found = error instanceof ConfigProblems ? error.problems : [problemOf(prepared.path, error)];
    return { problems: [...problems, ...found], complaints: [] };
  }
}

function refusalOf(prepared: Prepared): Error | undefined {
  if (!prepared.config) return undefined;
  try {
    checkStore(prepared);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
