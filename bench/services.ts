import { createRedactor, Redact } from '../src/pipeline/services/redact.ts';
import { Clock, Environment, Logger } from '../src/pipeline/services.ts';
import { type Binding, bind } from '../src/pipeline/token.ts';

/** A logger that keeps nothing, so that only what is measured takes time. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** The services the core asks for. */
export const services: readonly Binding[] = [
  bind(Clock, () => ({ now: () => Date.now() })),
  bind(Logger, () => silent),
  bind(Redact, () => createRedactor([])),
  bind(Environment, () => ({ get: () => undefined })),
];
