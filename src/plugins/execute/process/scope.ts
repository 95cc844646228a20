import type { ProcessRunner } from '../../../pipeline/services.ts';
import { identify } from '../agents/findings.ts';
import type { Command } from './spawn-agent.ts';

/** What all processes of a run together may take, as systemd counts it. */
export interface Scope {
  /** Processes and threads. */
  readonly tasks: number;
  /** Bytes, with a suffix (`8G`), or a share of the machine's (`80%`). */
  readonly memory: string;
}

type Program = Pick<Command, 'bin' | 'args' | 'env'>;

const PROBE_TIMEOUT = 10_000;

/**
 * Has systemd, where there is one, keep a program and all that it starts within limits, so that a runaway build takes neither
 * Milton nor the machine along. systemd-run becomes the program itself, so that its process stays the same. Elsewhere there are no such
 * limits: those of the kernel (`prlimit --nproc`) count all processes of the person, so that a low one stops what is none of the run's
 * business, and a high one nothing.
 */
export class Scopes {
  readonly #runner: ProcessRunner;
  /** Whether it works here, by the environment it was asked with. */
  readonly #works = new Map<string, Promise<boolean>>();

  constructor(runner: ProcessRunner) {
    this.#runner = runner;
  }

  /** The same program inside a scope; as it was where there is no systemd to ask, or no such program. */
  async wrap(program: Program, { tasks, memory }: Scope): Promise<Program> {
    const { bin, args, env } = program;
    if (process.platform !== 'linux' || !(await this.#areHere(env))) return program;
    // It would be systemd-run that fails then, with words of its own.
    if ((await identify(bin, env.PATH)) === undefined) return program;
    const limits = ['-p', `TasksMax=${tasks}`, '-p', `MemoryMax=${memory}`];
    return { bin: 'systemd-run', args: [...OPTIONS(), ...limits, '--', bin, ...args], env };
  }

  #areHere(env: Program['env']): Promise<boolean> {
    const key = `${env.PATH} ${env.XDG_RUNTIME_DIR}`;
    const known = this.#works.get(key);
    if (known) return known;
    const asked = this.#runner
      .run('systemd-run', [...OPTIONS(), '--', 'true'], { env, timeout: PROBE_TIMEOUT })
      .then(({ exitCode, failure }) => {
        // A machine that is busy now has said nothing about the next run.
        if (failure === 'timeout') this.#works.delete(key);
        return exitCode === 0;
      });
    this.#works.set(key, asked);
    return asked;
  }
}

/**
 * Root has no manager of its own. When the machine shuts down, Milton's own service is stopped first: it then interrupts its agents
 * itself, and knows that it did.
 */
const OPTIONS = () => [
  ...(process.getuid?.() === 0 ? [] : ['--user']),
  ...['--scope', '--quiet', '--collect', '-p', 'Before=milton.service'],
];
