import { SystemClock } from '../../pipeline/services/clock.ts';
import { Keys } from '../../pipeline/services/keys/keys.ts';
import { liveRedactor } from '../../pipeline/services/keys/live-redactor.ts';
import { ExecaProcessRunner } from '../../pipeline/services/process-runner.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import {
  Clock,
  Environment,
  Fetch,
  Folders,
  Leftovers,
  Logger,
  ProcessRunner,
  Repositories,
} from '../../pipeline/services.ts';
import { type Binding, bind, bindClass } from '../../pipeline/token.ts';
import { processLeftovers } from '../../plugins/execute/process/leftovers.ts';
import { databaseFile, usesSqlite } from './database-file.ts';
import type { Prepared } from './prepare.ts';

/** The built-in services; `services` in the configuration replaces any of them. */
export function builtIn({ environment, folders, repositories, keys, config }: Prepared, logger: Logger): Binding[] {
  return [
    bindClass(Clock, SystemClock),
    bindClass(ProcessRunner, ExecaProcessRunner),
    bind(Fetch, () => globalThis.fetch),
    bind(Keys, () => keys),
    bind(Redact, () => liveRedactor(environment.secrets, keys)),
    bind(Environment, () => environment.environment),
    bind(Folders, () =>
      usesSqlite({ config }) ? { ...folders, databaseFile: databaseFile({ config, folders }) } : folders,
    ),
    bind(Repositories, () => repositories),
    bind(Logger, () => logger),
    bind(Leftovers, (get) => processLeftovers(get(ProcessRunner), logger)),
  ];
}
