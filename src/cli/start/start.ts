import { recordAgentFolders } from '../../../config/agent-folders.ts';
import { liveRedactor } from '../../pipeline/services/keys/live-redactor.ts';
import type { LogLevel } from '../../pipeline/services/log-line.ts';
import { createLogger, type MainLogger } from '../../pipeline/services/logger.ts';
import { assemble, type Milton } from '../../pipeline/setup/assemble.ts';
import type { Run } from '../command-line/command.ts';
import { safe } from '../command-line/terminal.ts';
import { agentComplaints } from '../installation/agent-complaints.ts';
import { type Prepared, prepare, refuse } from '../installation/prepare.ts';
import { builtIn } from '../installation/services.ts';
import { version } from '../version.ts';
import { activity } from './activity.ts';
import { keepTidy } from './retention.ts';
import { supervisor, takeWay } from './supervisor.ts';
import { untilStopped } from './until-stopped.ts';

/** `milton start`: listens and works until a signal ends it. */
export const start: Run = async ({ flags, terminal }) => {
  const way = takeWay(process.env);
  const prepared = await prepare(flags, { create: true });
  await refuse(prepared);
  const { environment, folders, config, keys } = prepared;
  await using logger = await createLogger({
    level: environment.values.LOG_LEVEL as LogLevel,
    redact: liveRedactor(environment.secrets, keys),
    folder: folders.logs,
    colour: process.stderr.hasColors?.() ?? false,
  });
  for (const { where, what, repair } of prepared.warnings) logger.warn(`${where}: ${what}. ${repair}`);
  reportCrashes(logger);

  const milton = await assemble(config!, builtIn(prepared, logger));
  try {
    remember(prepared, logger);
    const service = supervisor(way, logger);
    const stopped = untilStopped(milton.start(), logger, service.stopping);
    const ready = readyLine(milton, prepared);
    if (environment.values.LOG_LEVEL === 'info' || environment.values.LOG_LEVEL === 'debug') logger.info(ready);
    else terminal.talk(safe(ready));
    void service.ready(() => activity(milton.store));
    void checkAgents(milton, logger);
    const untidy = keepTidy({ state: folders.state, repositories: prepared.repositories, store: milton.store, logger });
    try {
      return await stopped;
    } finally {
      untidy();
    }
  } finally {
    await milton.close();
  }
};

function readyLine({ transports, agents }: Milton, { repositories, environment }: Prepared): string {
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name).join(', ');
  const dry = environment.values.DRY_RUN ? ' Dry run: no agent is started.' : '';
  const where = `repositories: ${names(repositories)}; agents: ${names(agents)}`;
  return `Milton ${version()} is ready for requests through ${names(transports)} (${where}).${dry}`;
}

/** From here on, agents and commits decide what is in these folders: no configuration of theirs is to be taken for the person's. */
function remember({ repositories, folders }: Prepared, logger: MainLogger): void {
  const paths = repositories.map(({ path }) => path);
  try {
    recordAgentFolders(paths, folders.state);
  } catch (error) {
    logger.warn(
      'the repositories could not be noted in ~/.config/milton: Milton would run a configuration in one of them',
      { error },
    );
  }
}

async function checkAgents({ agents }: Milton, logger: MainLogger): Promise<void> {
  for (const agent of agents) {
    for (const complaint of await agentComplaints(agent)) logger.warn(complaint);
  }
}

/**
 * A promise that a plugin forgot must not end the runs of the others. Any other error that nobody caught ends Milton at once,
 * which picks its work up again at the next start; the log tells of both.
 */
function reportCrashes(logger: MainLogger): void {
  process.on('unhandledRejection', (error) => {
    logger.error('Milton goes on, but a promise failed and nobody handled it: look for a missing await in a plugin', {
      error,
    });
  });
  process.on('uncaughtException', (error) => {
    logger.error('Milton stops: an error was not handled', { error });
    process.exit(1);
  });
}
