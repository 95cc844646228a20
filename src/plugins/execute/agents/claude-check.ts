import type { ProcessRunner } from '../../../pipeline/services.ts';
import { LOG_IN } from './claude-events.ts';
import { type Findings, LOGIN_BELIEVED } from './findings.ts';
import { versionProblem } from './version.ts';

/** The oldest one whose sandbox was tried. */
const OLDEST = [2, 1, 197] as const;

/** What to tell someone on whose machine there is no Claude Code. */
export const notInstalled = (bin: string) =>
  `Claude Code is not installed: "${bin}" was not found. Install it (npm install -g @anthropic-ai/claude-code) or set CLAUDE_BIN.`;

export interface ClaudeCheck {
  readonly runner: ProcessRunner;
  readonly findings: Findings;
  readonly bin: string;
  /** The arguments of each way in which it may be called. */
  readonly calls: readonly (readonly string[])[];
  readonly env: Readonly<Record<string, string>>;
  /** What keeps its commands from being shut in, where they are to be. */
  sandbox(): Promise<readonly string[]>;
}

/** What would keep Claude Code from starting; asks the program itself, without a call to a model. */
export async function checkClaude({
  runner,
  findings,
  bin,
  calls,
  env,
  sandbox,
}: ClaudeCheck): Promise<readonly string[]> {
  const able = await findings.of({ bin, env, what: calls.flat().join(' ') }, async () => {
    const [version, ...tried] = await Promise.all([
      runner.run(bin, ['--version'], { env }),
      // Without anything to do it looks at its arguments and says that nothing was asked; its --help does not name them all.
      ...calls.map((args) => runner.run(bin, args, { env })),
    ]);
    if (version.failure === 'missing') return [notInstalled(bin)];
    const problem = versionProblem(version, { product: 'Claude Code', bin, oldest: OLDEST, update: `${bin} update` });
    return problem === undefined ? [...new Set(tried.flatMap(({ stderr }) => flagProblems(stderr)))] : [problem];
  });
  if (able.length > 0) return able;
  const open = await sandbox();
  if (open.length > 0) return open;
  return findings.of({ bin, env, what: 'login', believed: LOGIN_BELIEVED }, async () => {
    const login = await runner.run(bin, ['auth', 'status'], { env });
    return /"loggedIn":\s*false/.test(login.stdout) ? [LOG_IN] : [];
  });
}

function flagProblems(stderr: string): readonly string[] {
  const [, unknown] = /unknown option '([^']+)'/.exec(stderr) ?? [];
  if (unknown) return [`This Claude Code does not know ${unknown}. Update it: claude update`];
  const line = stderr.split('\n').find((each) => /argument .* is invalid|cannot be used/i.test(each));
  return line ? [`Claude Code refuses how it is configured: ${line.replace(/^error:\s*/i, '').trim()}`] : [];
}
