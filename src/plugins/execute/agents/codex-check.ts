import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProcessRunner } from '../../../pipeline/services.ts';
import { argumentProblem, LOG_IN } from './codex-failure.ts';
import { type Findings, LOGIN_BELIEVED } from './findings.ts';
import { readIn, shutIn } from './sandbox-check.ts';
import { versionProblem } from './version.ts';
import { sentence } from './wording.ts';

/** The oldest one whose sandbox was tried. */
const OLDEST = [0, 138, 0] as const;
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
  /** The arguments of a sandbox that hides one place more from commands in a folder; absent where there is to be none. */
  readonly sandbox: ((hiding: string, folder: string) => readonly string[]) | undefined;
}

/** What would keep Codex from starting; asks the program itself, without a call to a model. */
export async function checkCodex(check: CodexCheck): Promise<readonly string[]> {
  const { runner, findings, bin, calls, env } = check;
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
  const open = await checkShut(check);
  if (open.length > 0) return open;
  return findings.of({ bin, env, what: 'login', believed: LOGIN_BELIEVED }, async () => {
    const { stdout, stderr } = await runner.run(bin, ['login', 'status'], { env });
    const [unreadable] = /^Error loading config.*/m.exec(stderr) ?? [];
    if (unreadable) return [`Codex does not work: ${sentence(unreadable)} Run "${bin} login status" to see it.`];
    if (!/Not logged in/i.test(`${stdout}\n${stderr}`)) return [];
    return (await needsLogin(calls.flat(), env)) ? [LOG_IN] : [];
  });
}

const ELSE = "To have it work without one: codex({ sandbox: 'danger-full-access' }).";

/** Has Codex run a command in the sandbox that its runs get, which must not read what is hidden. */
async function checkShut({ runner, findings, bin, env, sandbox }: CodexCheck): Promise<readonly string[]> {
  // On a Mac it is a part of the system.
  if (sandbox === undefined || process.platform !== 'linux') return [];
  return findings.of({ bin, env, what: `sandbox ${sandbox('', '').join(' ')}` }, async () => {
    const said = await shutIn((folder) => {
      const cwd = dirname(folder);
      const args = ['sandbox', ...sandbox(folder, cwd), '--', ...readIn(folder)];
      return runner.run(bin, args, { env: { ...env, TMPDIR: cwd }, cwd });
    });
    return said === undefined ? [] : [`Codex's sandbox does not work here: ${said} ${ELSE}`];
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
