import { join } from 'node:path';
import type { Agent } from '../../../src/pipeline/agent.ts';
import type { Part } from '../../../src/pipeline/part.ts';
import { Environment, type ProcessRunner } from '../../../src/pipeline/services.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { commandAgent } from '../../../src/plugins/execute/agents/command-agent.ts';
import { rehearsal } from '../../../src/plugins/execute/agents/rehearsal.ts';
import { anyCli, MODES } from '../any-cli.ts';

// Drives an agent as Milton does, to be killed: `node driver.ts <agent> <act> <task as JSON>` prints each note, then works on.
const [name, act, task] = process.argv.slice(2) as [string, 'work' | 'hang', string];
const bin = join(import.meta.dirname, 'claude.mjs');
const env = { FAKE_ACT: act };
const parts: Readonly<Record<string, () => Part<Agent>>> = {
  claude: () => claude({ bin, env }),
  commandAgent: () => commandAgent({ as: 'any', bin: anyCli, ...MODES.jsonl, prompt: 'argument', env }),
  rehearsal: () => rehearsal({ act }),
};
const part = parts[name]!();
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
