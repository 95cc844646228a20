import { join } from 'node:path';
import type { Agent } from '../../../src/pipeline/agent.ts';
import type { Part } from '../../../src/pipeline/part.ts';
import { Environment, type ProcessRunner } from '../../../src/pipeline/services.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { rehearsal } from '../../../src/plugins/execute/agents/rehearsal.ts';

// Drives an agent as Milton does, to be killed: `node driver.ts <agent> <act> <task as JSON>` prints the note, then works on.
const [name, act, task] = process.argv.slice(2) as [string, 'work' | 'hang', string];
const bin = join(import.meta.dirname, 'claude.mjs');
const part: Part<Agent> = name === 'claude' ? claude({ bin, env: { FAKE_ACT: act } }) : rehearsal({ act });
const services = { get: (variable: string) => ({ value: process.env[variable] }) };
const environment = name === 'claude' ? { timeout: 0 } : {};
const options = part.schema?.parse({ ...environment, ...part.input });
const host = {
  name,
  options,
  get: (token: symbol) => (token === Environment ? services : ({} as ProcessRunner)),
  logger: console,
};
const agent = await part.create(host as never);
await agent.run(JSON.parse(task), {
  signal: new AbortController().signal,
  note: async (value) => console.log(JSON.stringify(value)),
  progress: () => {},
  used: () => {},
});
console.log('reported');
await new Promise((resolve) => setTimeout(resolve, 60_000));
