import type { ProcessRunner } from '../../../pipeline/services.ts';
import { LOG_IN } from './claude-events.ts';

/** The oldest version whose events Milton understands. */
const OLDEST = [2, 1, 0];

/** What to tell someone on whose machine there is no Claude Code. */
export const notInstalled = (bin: string) =>
  `Claude Code is not installed: "${bin}" was not found. Install it (npm install -g @anthropic-ai/claude-code) or set CLAUDE_BIN.`;

/** What would keep Claude Code from starting; asks the program itself, without a call to a model. */
export async function checkClaude(
  runner: ProcessRunner,
  bin: string,
  env: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const asked = await runner.run(bin, ['--version'], { env });
  if (asked.failure === 'missing') return [notInstalled(bin)];
  const version = /(\d+)\.(\d+)\.(\d+)/.exec(asked.stdout);
  if (asked.exitCode !== 0 || !version) {
    const why =
      asked.failure === 'timeout'
        ? 'it did not answer'
        : asked.stderr.trim().split('\n').at(-1) || 'it names no version';
    return [`Claude Code does not work: ${why}. Run "${bin} --version" to see it.`];
  }
  if (isOlder(version.slice(1, 4).map(Number))) {
    return [`Claude Code ${version[0]} is too old; Milton needs ${OLDEST.join('.')}. Update it: ${bin} update`];
  }
  const login = await runner.run(bin, ['auth', 'status'], { env });
  return /"loggedIn":\s*false/.test(login.stdout) ? [LOG_IN] : [];
}

function isOlder(version: readonly number[]): boolean {
  const at = OLDEST.findIndex((part, index) => part !== version[index]);
  return at >= 0 && version[at]! < OLDEST[at]!;
}
