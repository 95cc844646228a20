// The test kit for plugin authors. `trial` runs a pipeline on the real core; the contract suites need vitest.
export { memoryStore } from './pipeline/store/memory.ts';
export { type Act, type AgentHarness, describeAgent } from './testing/agent-contract.ts';
export { given } from './testing/given.ts';
export { describeJobStore } from './testing/job-store-contract.ts';
export { type LogLine, memoryLogger } from './testing/memory-logger.ts';
export { describeResearcher, type ResearcherAct, type ResearcherFixture } from './testing/researcher-contract.ts';
export { describeTransport } from './testing/transport-contract.ts';
export { type Trial, type TrialOptions, trial } from './testing/trial.ts';
export { memory } from './transports/memory.ts';
export { MemoryPhone } from './transports/memory-phone.ts';
