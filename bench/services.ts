import { execFile } from 'node:child_process';
import { createRedactor, Redact } from '../src/pipeline/services/redact.ts';
import { Clock, Environment, Logger, type ProcessRunner } from '../src/pipeline/services.ts';
import { type Binding, bind } from '../src/pipeline/token.ts';

/** A logger that keeps nothing, so that only what is measured takes time. */
export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** Runs a command as Milton's own runner does; that one is decorated, so that only the build can load it. */
export const runner: ProcessRunner = {
  run: (command, args, { cwd, env, signal } = {}) =>
    new Promise((resolve) => {
      execFile(command, args, { cwd, env: { ...env }, signal }, (error, stdout, stderr) =>
        resolve({ exitCode: error ? 1 : 0, stdout, stderr, failure: undefined }),
      );
    }),
};

/** An environment that has only what programs need. */
export const bareEnvironment = (home: string): Environment => {
  const values: Readonly<Record<string, string | undefined>> = { PATH: process.env.PATH, HOME: home };
  return {
    get: (name) =>
      values[name] === undefined ? undefined : { value: values[name], origin: 'environment', secret: false },
  };
};

/** The services the core asks for. */
export const services: readonly Binding[] = [
  bind(Clock, () => ({ now: () => Date.now() })),
  bind(Logger, () => silent),
  bind(Redact, () => createRedactor([])),
  bind(Environment, () => ({ get: () => undefined })),
];
