import type { ProcessResult, ProcessRunner } from '../../../pipeline/services.ts';
import type { CommandOptions } from './command-options.ts';
import { type Findings, identify, LOGIN_BELIEVED } from './findings.ts';
import { isOlder, type Version } from './version.ts';

export interface CommandCheck {
  readonly runner: ProcessRunner;
  readonly findings: Findings;
  readonly label: string;
  readonly options: CommandOptions;
  readonly env: Readonly<Record<string, string>>;
}

/** What to tell someone on whose machine there is no such program. */
export const notInstalled = (label: string, bin: string) =>
  `${label} is not installed: "${bin}" was not found. Install it, or correct its bin in milton.config.ts.`;

/** What would keep the program from starting, as far as the options say how to find out. */
export async function checkCommand({
  runner,
  findings,
  label,
  options,
  env,
}: CommandCheck): Promise<readonly string[]> {
  const { bin, probe, loginProbe, loginHint } = options;
  if ((await identify(bin, env.PATH)) === undefined) return [notInstalled(label, bin)];
  const typed = (args: readonly string[]) => [bin, ...args].join(' ');
  if (probe) {
    const able = await findings.of({ bin, env, what: probe.join(' ') }, async () => {
      const problem = probeProblem(await runner.run(bin, probe, { env }), options);
      return problem === undefined ? [] : [`${label} ${problem} Run "${typed(probe)}" to see it.`];
    });
    if (able.length > 0) return able;
  }
  if (!loginProbe) return [];
  return findings.of({ bin, env, what: 'login', believed: LOGIN_BELIEVED }, async () => {
    const { exitCode } = await runner.run(bin, loginProbe, { env });
    return exitCode === 0 ? [] : [loginHint ?? `${label} is not logged in. Run "${typed(loginProbe)}" to see it.`];
  });
}

function probeProblem(asked: ProcessResult, { oldest, versionPattern }: CommandOptions): string | undefined {
  if (asked.exitCode !== 0) {
    const last = asked.stderr.trim().split('\n').at(-1);
    const ended = asked.exitCode === undefined ? 'it did not end by itself' : `exit code ${asked.exitCode}`;
    return `does not work: ${asked.failure === 'timeout' ? 'it did not answer' : last || ended}.`;
  }
  if (oldest === undefined) return undefined;
  const [whole, group] = new RegExp(versionPattern ?? VERSION).exec(asked.stdout) ?? [];
  const version = versionOf(group ?? whole ?? '');
  if (version === undefined) return 'names no version.';
  return isOlder(version, versionOf(oldest)!)
    ? `${version.join('.')} is too old; it must be ${oldest} or newer.`
    : undefined;
}

const VERSION = String.raw`\d+\.\d+\.\d+`;

function versionOf(text: string): Version | undefined {
  const [, major, minor, patch] = /(\d+)\.(\d+)\.(\d+)/.exec(text) ?? [];
  return patch === undefined ? undefined : [Number(major), Number(minor), Number(patch)];
}
