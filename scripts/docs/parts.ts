import * as milton from 'milton-orchestrator';
import type { z } from 'zod';

/** The options of every part and step of the package, by what makes it; undefined where it has none. */
export const parts: Readonly<Record<string, z.ZodType | undefined>> = {
  ntfy: milton.ntfy().schema,
  terminal: milton.terminal().schema,
  memory: milton.memory({ phone: new milton.MemoryPhone() }).schema,
  sqlite: milton.sqlite().schema,
  claude: milton.claude().schema,
  commandAgent: milton.commandAgent({ as: 'any', bin: 'any' }).schema,
  codex: milton.codex().schema,
  rehearsal: milton.rehearsal().schema,
  dedupe: milton.dedupe().plugin.options,
  authorise: milton.authorise().plugin.options,
  classify: milton.classify().plugin.options,
  limits: milton.limits().plugin.options,
  late: milton.late().plugin.options,
  commands: milton.commands().plugin.options,
  approve: milton.approve().plugin.options,
  queue: milton.queue().plugin.options,
  research: milton.research().plugin.options,
  perplexity: milton.perplexity().schema,
  responses: milton.responses().schema,
  local: milton.local().schema,
  promptBuild: milton.promptBuild().plugin.options,
  execute: milton.execute().plugin.options,
  summarise: milton.summarise().plugin.options,
  publish: milton.publish().plugin.options,
};
