import type { Agent } from '../../pipeline/agent.ts';
import { Transports } from '../../pipeline/exposure.ts';
import { ExecaProcessRunner } from '../../pipeline/services/process-runner.ts';
import { ProcessRunner } from '../../pipeline/services.ts';
import { createContainer } from '../../pipeline/setup/container.ts';
import { partMaker } from '../../pipeline/setup/make-part.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import { memoryStore } from '../../pipeline/store/memory.ts';
import { bind } from '../../pipeline/token.ts';
import type { Prepared } from './prepare.ts';
import { builtIn } from './services.ts';
import { SILENT } from './silent.ts';

/**
 * The configured agents, also where all the rest cannot be set up; without those whose own options are wrong. What they start ends when
 * the signal aborts.
 */
export async function agentsAlone(
  prepared: Prepared,
  signal: AbortSignal,
): Promise<AsyncDisposable & { readonly agents: readonly Agent[] }> {
  const stack = new AsyncDisposableStack();
  const { config } = prepared;
  const runner = new ExecaProcessRunner();
  const ending: ProcessRunner = {
    run: (command, args, options) => runner.run(command, args, { ...options, signal }),
  };
  const store = memoryStore();
  stack.defer(() => store.close());
  const own = [
    ...builtIn(prepared, SILENT),
    ...[bind(ProcessRunner, () => ending), bind(JobStore, () => store), bind(Transports, () => [])],
    ...(config?.services ?? []),
  ];
  const make = partMaker(stack.use(createContainer(...own)).get, stack);
  const made = await Promise.all((config?.agents ?? []).map((part) => make(part).catch(() => undefined)));
  return {
    agents: made.filter((agent) => agent !== undefined),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
