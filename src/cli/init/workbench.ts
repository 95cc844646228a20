import { useEnvironment } from '../../../config/current-env.ts';
import { loadEnvironment } from '../../../config/load-environment.ts';
import { claude, codex, MemoryPhone, type MiltonConfig, memory, queue, sqlite } from '../../index.ts';
import { NO_KEYS } from '../../pipeline/services/keys/keys.ts';
import type { Milton } from '../../pipeline/setup/assemble.ts';
import { foldersOf, type Prepared } from '../installation/prepare.ts';
import { tryAssembly } from '../installation/try-assembly.ts';

/** Milton's parts before there is a configuration: the agents that may be on this machine, and the services that look at things. */
export function workbench(): Promise<Milton> {
  const environment = loadEnvironment({ processEnv: process.env });
  useEnvironment(environment);
  const config: MiltonConfig = {
    repositories: {},
    transports: [memory({ phone: new MemoryPhone() })],
    store: sqlite(),
    agents: [claude(), codex()],
    pipeline: [queue()],
  };
  const prepared: Prepared = {
    ...{ path: 'milton.config.ts', environment, folders: foldersOf(environment), keys: NO_KEYS },
    ...{ config, repositories: [], problems: [], warnings: [] },
  };
  return tryAssembly(prepared, config);
}
