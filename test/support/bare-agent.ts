import type { z } from 'zod';
import type { Agent } from '../../src/pipeline/agent.ts';
import type { Part } from '../../src/pipeline/part.ts';
import { createRedactor, Redact } from '../../src/pipeline/services/redact.ts';
import { Environment, Folders, type ProcessResult, type ProcessRunner } from '../../src/pipeline/services.ts';

const quiet = { debug() {}, info() {}, warn: console.error, error: console.error, child: () => quiet };

const missing: ProcessResult = { exitCode: undefined, stdout: '', stderr: '', failure: 'missing' };
/** Finds no program: not even the one that would keep an agent within limits. */
const runner: ProcessRunner = { run: async () => missing };

/**
 * Sets an agent up without a container, for programs that Node runs as they are: Milton's own services are decorated, which Node
 * does not understand. `check` does not work. `variables` is the whole environment; `more` are options that it would supply.
 */
export async function bareAgent(
  part: Part<Agent>,
  variables: Readonly<Record<string, string>>,
  more = {},
): Promise<Agent> {
  const environment = { get: (name: string) => (name in variables ? { value: variables[name] } : undefined) };
  const state = '/nowhere';
  const services = new Map<symbol, unknown>([
    [Environment, environment],
    [Redact, createRedactor([])],
    [Folders, { state, output: `${state}/output`, logs: `${state}/logs` }],
  ]);
  const host = {
    name: part.name,
    options: (part.schema as z.ZodType).parse({ ...more, ...part.input }),
    get: (token: symbol) => services.get(token) ?? runner,
    logger: quiet,
    onClose: () => {},
  };
  return part.create(host as never);
}
