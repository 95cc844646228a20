import { join } from 'node:path';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { codex } from '../../../src/plugins/execute/agents/codex.ts';
import { commandAgent } from '../../../src/plugins/execute/agents/command-agent.ts';
import { rehearsal } from '../../../src/plugins/execute/agents/rehearsal.ts';
import { describeAgent } from '../../../src/testing/agent-contract.ts';
import { anyCli, MODES } from '../../support/any-cli.ts';
import { hermetic, makeAgent } from '../../support/fake-run.ts';

const scripted = (name: string) => join(import.meta.dirname, `../../support/fake-agents/${name}.mjs`);

describeAgent('rehearsal', {
  make: (act, home) => makeAgent(rehearsal({ act }), { variables: hermetic(home) }),
});

describeAgent('claude, a scripted one', {
  make: (act, home) =>
    makeAgent(claude({ bin: scripted('claude'), env: { FAKE_ACT: act } }), { variables: hermetic(home) }),
});

describeAgent('codex, a scripted one', {
  make: (act, home) =>
    makeAgent(codex({ bin: scripted('codex'), env: { FAKE_ACT: act } }), { variables: hermetic(home) }),
});

// With one object at the end there is no progress: see command-agent.test.ts.
for (const mode of ['text', 'jsonl'] as const) {
  describeAgent(`commandAgent, ${mode}`, {
    make: (act, home) => {
      const env = { FAKE_ACT: act, FAKE_MODE: mode };
      return makeAgent(commandAgent({ as: 'any', bin: anyCli, ...MODES[mode], env }), { variables: hermetic(home) });
    },
    recovers: mode !== 'text',
  });
}
