// The public API: what `milton.config.ts` and plugins import.
export { env } from '../config/current-env.ts';
export { defineConfig } from '../config/schema.ts';
export { type Agent, type AgentContext, type AgentReport, Agents, type AgentTask } from './pipeline/agent.ts';
export type { MiltonConfig, RepositoryConfig } from './pipeline/config.ts';
export { MiltonError } from './pipeline/errors.ts';
export type { Host } from './pipeline/host.ts';
export type { Json, Storable } from './pipeline/json.ts';
export type {
  Delivery,
  Lateness,
  Message,
  Notice,
  NoticeAction,
  NoticeKind,
  Reply,
  UnreadFile,
} from './pipeline/message.ts';
export { fromEnv } from './pipeline/options.ts';
export {
  defineAgent,
  defineStore,
  defineTransport,
  isPart,
  type Part,
  type PartFactory,
  partDefiner,
} from './pipeline/part.ts';
export {
  type Conclusion,
  definePlugin,
  type Handler,
  type InlineHandler,
  type Next,
  type PipelineEntry,
  type PluginSpec,
  type Policy,
  type Run,
  type Step,
  type StepContext,
  type StepFactory,
  type StepLimits,
} from './pipeline/plugin.ts';
export { lane, queue, understood } from './pipeline/queue.ts';
export { Redact } from './pipeline/services/redact.ts';
export {
  Clock,
  Environment,
  Fetch,
  Folders,
  Logger,
  type ProcessOptions,
  type ProcessResult,
  ProcessRunner,
  Repositories,
  type Repository,
  type Setting,
} from './pipeline/services.ts';
export { type AnySlot, type Slot, type Slots, type SlotValue, slot } from './pipeline/slot.ts';
export {
  type Answer,
  type Claim,
  type Effect,
  JobStore,
  type JobView,
  type Outcome,
  type Question,
} from './pipeline/store/job-store.ts';
export { sqlite } from './pipeline/store/sqlite.ts';
export { type Binding, bind, bindClass, type Get, type Token, token } from './pipeline/token.ts';
export {
  type Address,
  type Exposure,
  type Health,
  type Privacy,
  type Strangers,
  type Transport,
  TransportError,
} from './pipeline/transport.ts';
export { approve } from './plugins/approve/approve.ts';
export { authorise } from './plugins/authorise/authorise.ts';
export { classify } from './plugins/classify/classify.ts';
export { commands } from './plugins/commands/commands.ts';
export { dedupe } from './plugins/dedupe.ts';
export { claude } from './plugins/execute/agents/claude.ts';
export { codex } from './plugins/execute/agents/codex.ts';
export { commandAgent } from './plugins/execute/agents/command-agent.ts';
export { rehearsal } from './plugins/execute/agents/rehearsal.ts';
export { execute } from './plugins/execute/execute.ts';
export { late } from './plugins/late.ts';
export { limits } from './plugins/limits.ts';
export type { RepositoryFacts } from './plugins/optimizer/repository-facts.ts';
export { promptBuild } from './plugins/prompt-build/prompt-build.ts';
export type { PromptInput, Section } from './plugins/prompt-build/section.ts';
export { publish } from './plugins/publish.ts';
export { local } from './plugins/research/providers/local.ts';
export { perplexity } from './plugins/research/providers/perplexity.ts';
export { responses } from './plugins/research/providers/responses.ts';
export { research } from './plugins/research/research.ts';
export {
  defineResearcher,
  type Finding,
  type Question as ResearchQuestion,
  type ResearchContext,
  type Researcher,
} from './plugins/research/researcher.ts';
export { brief, command, outline, prompt, proof, result, summary, verdict } from './plugins/slots.ts';
export { summarise } from './plugins/summarise/summarise.ts';
export { memory } from './transports/memory.ts';
export { MemoryPhone } from './transports/memory-phone.ts';
export { ntfy } from './transports/ntfy/ntfy.ts';
export { terminal } from './transports/terminal.ts';
