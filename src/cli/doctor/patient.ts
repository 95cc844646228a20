import { type StatsFs, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import { ExecaProcessRunner } from '../../pipeline/services/process-runner.ts';
import type { Fetch, ProcessResult, ProcessRunner } from '../../pipeline/services.ts';
import { type EffectiveOption, effectiveOptions } from '../../pipeline/setup/effective.ts';
import type { Problem } from '../../pipeline/setup/problems.ts';
import { childEnvironment } from '../../plugins/execute/process/child-environment.ts';
import type { Prepared } from '../installation/prepare.ts';
import { problemsOfParts } from '../installation/try-assembly.ts';

/** The machine, as far as a test must be able to replace it. */
export interface Machine {
  readonly platform: string;
  readonly nodeVersion: string;
  readonly home: string;
  /** Where an ntfy server of this machine has its settings. */
  readonly ntfySettings: string;
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  now(): number;
  statfs(path: string): Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>;
  readonly patience: Patience;
}

/** How long something may take, in ms: one examination with all its questions, an agent to say whether it is ready, a server to answer. */
interface Patience {
  readonly whole: number;
  readonly agent: number;
  readonly answer: number;
}

/** This machine. */
export const thisMachine = (): Machine => ({
  platform: process.platform,
  nodeVersion: process.versions.node,
  home: homedir(),
  ntfySettings: '/etc/ntfy/server.yml',
  fetch: globalThis.fetch,
  now: Date.now,
  statfs: statfsSync,
  patience: { whole: 18_000, agent: 12_000, answer: 4_000 },
});

/** A set-up that is looked at. */
export interface Patient {
  readonly prepared: Prepared;
  readonly machine: Machine;
  /** Everything that `milton start` would refuse. */
  problems(): Promise<readonly Problem[]>;
  /** The options of each part that has one of this variable: `NTFY_BASE_URL` for every `ntfy()`. */
  partsWith(variable: string): readonly PartOptions[];
  /** Runs a program with what it may see of Milton's environment. */
  run(command: string, args: readonly string[], signal: AbortSignal): Promise<ProcessResult>;
  readonly runner: ProcessRunner;
  readonly childEnv: Readonly<Record<string, string>>;
}

/** The options of one part, with its name. */
export interface PartOptions {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** Makes what the examinations look at. */
export function patientOf(prepared: Prepared, machine: Machine): Patient {
  const { config, environment } = prepared;
  let found: Promise<readonly Problem[]> | undefined;
  const all = config ? effectiveOptions(config, environment.environment) : [];
  const runner = new ExecaProcessRunner();
  const childEnv = childEnvironment(environment.environment);
  return {
    ...{ prepared, machine, runner, childEnv },
    problems() {
      found ??= problemsOfParts(prepared).then((more) => [...prepared.problems, ...more]);
      return found;
    },
    partsWith: (variable) =>
      all.filter((option) => option.variable === variable).map(({ part }) => ({ name: part, options: of(all, part) })),
    run: (command, args, signal) =>
      runner.run(command, args, { env: childEnv, signal, timeout: 2 * machine.patience.answer }),
  };
}

const of = (all: readonly EffectiveOption[], part: string) =>
  Object.fromEntries(all.filter((each) => each.part === part).map(({ option, value }) => [option, value]));
