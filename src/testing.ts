// The test kit for plugin authors: one contract suite per port, and a store and a phone that live in memory. Needs vitest.
export { memoryStore } from './pipeline/store/memory.ts';
export { type Act, type AgentHarness, describeAgent } from './testing/agent-contract.ts';
export { describeJobStore } from './testing/job-store-contract.ts';
export { describeTransport } from './testing/transport-contract.ts';
export { memory } from './transports/memory.ts';
export { MemoryPhone } from './transports/memory-phone.ts';
