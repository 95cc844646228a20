import { join } from 'node:path';
import type { Agent } from '../../../src/pipeline/agent.ts';
import type { Part } from '../../../src/pipeline/part.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { codex } from '../../../src/plugins/execute/agents/codex.ts';
import { commandAgent } from '../../../src/plugins/execute/agents/command-agent.ts';
import { rehearsal } from '../../../src/plugins/execute/agents/rehearsal.ts';
import { anyCli, MODES } from '../any-cli.ts';
import { bareAgent } from '../bare-agent.ts';

// Drives an agent as Milton does, to be killed: `node driver.ts <agent> <act> <task as JSON>` prints each note, then works on.
const [name, act, task] = process.argv.slice(2) as [string, 'work' | 'hang', string];
const env = { FAKE_ACT: act };
const program = { bin: join(import.meta.dirname, `${name}.mjs`), timeout: 0, env };
const parts: Readonly<Record<string, () => Part<Agent>>> = {
  claude: () => claude(program),
  codex: () => codex({ ...program, extraArgs: [] }),
  commandAgent: () => commandAgent({ as: 'any', bin: anyCli, ...MODES.jsonl, prompt: 'argument', env }),
  rehearsal: () => rehearsal({ act }),
};
const agent = await bareAgent(parts[name]!(), process.env as Record<string, string>);
await agent.run(JSON.parse(task), {
  signal: new AbortController().signal,
  note: async (value) => console.log(JSON.stringify(value)),
  progress: () => {},
  used: () => {},
});
console.log('reported');
await new Promise((resolve) => setTimeout(resolve, 60_000));
