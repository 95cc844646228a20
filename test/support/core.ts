import { NEVER } from 'rxjs';
import type { PipelineEntry } from '../../src/pipeline/plugin.ts';
import { createRedactor, Redact } from '../../src/pipeline/services/redact.ts';
import { Clock, Environment, Logger } from '../../src/pipeline/services.ts';
import { type Binding, bind } from '../../src/pipeline/token.ts';
import { type LogLine, memoryLogger } from '../../src/testing/memory-logger.ts';
import { type Trial, type TrialOptions, trial } from '../../src/testing/trial.ts';

/** The services the core needs, for tests. */
export function testServices(lines: LogLine[] = [], variables: Record<string, unknown> = {}): Binding[] {
  return [
    bind(Clock, () => ({ now: () => Date.now() })),
    bind(Logger, () => memoryLogger(lines)),
    bind(Redact, () => createRedactor([])),
    bind(Environment, () => ({
      get: (name) =>
        name in variables ? { value: variables[name], origin: 'environment', secret: name.endsWith('KEY') } : undefined,
    })),
  ];
}

/** A trial whose messages carry the id given, and whose transport has not caught up yet. */
export interface Rig extends Omit<Trial, 'send'> {
  send(id: string, text?: string): void;
}

export async function rig(pipeline: readonly PipelineEntry[], options: TrialOptions = {}): Promise<Rig> {
  const made = await trial(pipeline, { health$: NEVER, secrets: ['hunter2-hunter2'], ...options });
  return Object.assign(Object.create(made) as Trial, {
    send: (id: string, text = id) => void made.send(text, { id }),
  });
}

/** Sends one message through a pipeline, waits for its end, and stops. */
export async function once(...pipeline: readonly PipelineEntry[]): Promise<Rig> {
  const made = await rig(pipeline);
  made.send('m');
  await made.idle();
  await made.stop();
  return made;
}
