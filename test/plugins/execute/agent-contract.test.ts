import { join } from 'node:path';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { rehearsal } from '../../../src/plugins/execute/agents/rehearsal.ts';
import { describeAgent } from '../../../src/testing/agent-contract.ts';
import { hermetic, makeAgent } from '../../support/fake-run.ts';

const bin = join(import.meta.dirname, '../../support/fake-agents/claude.mjs');

describeAgent('rehearsal', {
  make: (act, home) => makeAgent(rehearsal({ act }), { variables: hermetic(home) }),
});

describeAgent('claude, a scripted one', {
  make: (act, home) => makeAgent(claude({ bin, env: { FAKE_ACT: act } }), { variables: hermetic(home) }),
});
