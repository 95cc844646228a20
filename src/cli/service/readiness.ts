import { dirname } from 'node:path';
import { loadEnvironment } from '../../../config/load-environment.ts';
import { ConfigProblems } from '../../pipeline/setup/problems.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { safe } from '../command-line/terminal.ts';
import type { Prepared } from '../installation/prepare.ts';
import { problemsOfParts } from '../installation/try-assembly.ts';

/** Beside Milton's own variables, what agents and the network often need. */
const OFTEN = [
  ...['ANTHROPIC_API_KEY', 'ANTHROPIC_BASE_URL', 'CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CONFIG_DIR', 'OPENAI_API_KEY'],
  ...['CODEX_HOME', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];

/** Refuses to install what could not start. */
export async function refuseUnfit(prepared: Prepared): Promise<void> {
  const problems = [...prepared.problems, ...(await problemsOfParts(prepared))];
  if (problems.length > 0) throw new ConfigProblems(problems);
}

/** Tells what is doubtful, and names the variables that this terminal has and the service will not have. */
export function tellMissing({ path, environment, warnings }: Prepared, terminal: Pick<Terminal, 'talk'>): void {
  for (const { where, what, repair } of warnings) terminal.talk(safe(`${where}: ${what}. ${repair}`));
  const folder = dirname(path);
  const service = loadEnvironment({ processEnv: {}, folder }).environment;
  const names = [...Object.keys(environment.values), ...OFTEN].filter((name) => {
    const here = environment.environment.get(name);
    return here?.origin === 'environment' && here.value !== service.get(name)?.value;
  });
  if (names.length === 0) return;
  terminal.talk(`Set in this terminal only, and not for the service: ${names.join(', ')}.`);
  terminal.talk(`What it needs of that belongs into ${safe(folder)}/.env`);
}
