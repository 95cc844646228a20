import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessRunner } from '../../../pipeline/services.ts';
import { argumentProblem, LOG_IN } from './codex-failure.ts';
import { type Findings, LOGIN_BELIEVED } from './findings.ts';
import { versionProblem } from './version.ts';
import { sentence } from './wording.ts';

const OLDEST = [0, 100, 0] as const;
const INSTALL = 'npm install -g @openai/codex';

/** What to tell someone on whose machine there is no Codex. */
export const notInstalled = (bin: string) =>
  `Codex is not installed: "${bin}" was not found. Install it (${INSTALL}) or set CODEX_BIN.`;

export interface CodexCheck {
  readonly runner: ProcessRunner;
  readonly findings: Findings;
  readonly bin: string;
  /** The arguments of each way in which it may be called. */
  readonly calls: readonly (readonly string[])[];
  readonly env: Readonly<Record<string, string>>;
}

/** What would keep Codex from starting; asks the program itself, without a call to a model. */
export async function checkCodex({ runner, findings, bin, calls, env }: CodexCheck): Promise<readonly string[]> {
  const able = await findings.of({ bin, env, what: calls.flat().join(' ') }, async () => {
    const [version, ...tried] = await Promise.all([
      runner.run(bin, ['--version'], { env }),
      // Arguments that it does not know are looked at before the help is shown.
      ...calls.map((args) => runner.run(bin, [...args, '--help'], { env })),
    ]);
    if (version.failure === 'missing') return [notInstalled(bin)];
    const problem = versionProblem(version, { product: 'Codex', bin, oldest: OLDEST, update: INSTALL });
    if (problem !== undefined) return [problem];
    const refused = tried.map(({ exitCode, stderr }) => (exitCode === 2 ? argumentProblem(stderr) : undefined));
    return [...new Set(refused.filter((each) => each !== undefined))];
  });
  if (able.length > 0) return able;
  return findings.of({ bin, env, what: 'login', believed: LOGIN_BELIEVED }, async () => {
    const { stdout, stderr } = await runner.run(bin, ['login', 'status'], { env });
    const [unreadable] = /^Error loading config.*/m.exec(stderr) ?? [];
    if (unreadable) return [`Codex does not work: ${sentence(unreadable)} Run "${bin} login status" to see it.`];
    if (!/Not logged in/i.test(`${stdout}\n${stderr}`)) return [];
    return (await needsLogin(calls.flat(), env)) ? [LOG_IN] : [];
  });
}

/**
 * Whether a run needs the login that was asked for. It does not look at CODEX_API_KEY, nor at the account of another provider.
 * OPENAI_API_KEY does not count: a run does not send it, unless such a provider names it.
 */
async function needsLogin(args: readonly string[], env: Readonly<Record<string, string>>): Promise<boolean> {
  if (env.CODEX_API_KEY) return false;
  if (args.some((each) => /^(?:-p|--profile|--oss|--local-provider)|model_provider/.test(each))) return false;
  const own = await readFile(join(env.CODEX_HOME ?? join(env.HOME ?? '', '.codex'), 'config.toml'), 'utf8').catch(
    () => '',
  );
  return !/^\s*(?:model_provider|oss_provider|profile)\s*=/m.test(own);
}
