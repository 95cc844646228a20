import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { useEnvironment } from '../../../config/current-env.ts';
import { prepareFolders } from '../../../config/folders.ts';
import { loadEnvironment } from '../../../config/load-environment.ts';
import {
  authorise,
  classify,
  claude,
  commands,
  dedupe,
  defineConfig,
  execute,
  type JobStore,
  type JobView,
  late,
  promptBuild,
  publish,
  queue,
  rehearsal,
  research,
  sqlite,
  summarise,
  terminal,
} from '../../index.ts';
import { MiltonError } from '../../pipeline/errors.ts';
import { NO_KEYS } from '../../pipeline/services/keys/keys.ts';
import { createLogger } from '../../pipeline/services/logger.ts';
import { createRedactor } from '../../pipeline/services/redact.ts';
import { assemble } from '../../pipeline/setup/assemble.ts';
import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { foldersOf } from '../installation/prepare.ts';
import { builtIn } from '../installation/services.ts';

const REQUESTS = ['CODE: add a login feature', 'RESEARCH: how does auth work here?'];

/** `milton demo`: the whole way from a message to a commit, in a scratch repository, with the terminal as the phone. */
export const demo: Run = async ({ flags, terminal: { talk } }) => {
  const agent = flags.agent ?? 'rehearsal';
  if (agent !== 'claude' && agent !== 'rehearsal') {
    throw usageError(`The demo has no agent "${agent}".`, 'Choose rehearsal or claude.');
  }
  const scratch = await mkdtemp(join(tmpdir(), 'milton-demo-'));
  try {
    return await play(scratch, agent, talk);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

async function play(scratch: string, agent: 'claude' | 'rehearsal', talk: (line: string) => void): Promise<number> {
  const repository = join(scratch, 'app');
  const git = gitIn(repository);
  await scratchRepository(repository, git);
  talk(`A scratch repository: ${repository}`);
  talk(
    agent === 'rehearsal'
      ? 'The agent is the rehearsal agent: a small script that makes a real, harmless change. The real one: npm run demo -- --agent claude\n'
      : 'The agent is the real Claude Code, with your login.\n',
  );

  const environment = loadEnvironment({
    processEnv: agent === 'claude' ? process.env : { PATH: process.env.PATH, HOME: scratch },
    folder: scratch,
    overrides: {
      STATE_DIR: join(scratch, 'state'),
      TARGET_REPO: repository,
      LOG_LEVEL: 'error',
      CLAUDE_TOPIC: '',
      CODEX_TOPIC: '',
    },
  });
  useEnvironment(environment);
  const folders = foldersOf(environment);
  prepareFolders(folders, { create: true });
  await using logger = await createLogger({
    level: 'error',
    redact: createRedactor(environment.secrets),
    folder: folders.logs,
    colour: false,
  });

  const typed = new PassThrough();
  const config = defineConfig({
    repositories: { app: { path: repository } },
    transports: [terminal({ input: typed })],
    store: sqlite(),
    agents: [agent === 'claude' ? claude() : rehearsal()],
    pipeline: [
      dedupe(),
      authorise(),
      classify(),
      late(),
      commands(),
      queue(),
      research(),
      promptBuild(),
      execute(),
      summarise(),
      publish(),
    ],
  });
  const repositories = [{ name: 'app', path: repository, agent: undefined }];
  const prepared = {
    ...{ path: 'milton.config.ts', environment, folders, config, repositories },
    ...{ keys: NO_KEYS, problems: [], warnings: [] },
  };
  const milton = await assemble(config, builtIn(prepared, logger));
  const running = milton.start();
  let jobs: readonly JobView[];
  try {
    for (const request of REQUESTS) {
      talk(`📱 you say: ${request}`);
      typed.write(`${request}\n`);
    }
    jobs = await finished(milton.store);
  } finally {
    await running.stop();
    await milton.close();
  }

  talk('\nWhat is in the repository now (your own branch is as it was):');
  talk(await git('log', '--all', '--graph', '--oneline', '--stat', '--format=%h %d %s'));
  const failed = jobs.filter((job) => job.state !== 'done');
  for (const job of failed) talk(`${job.id} ended as ${job.state}.`);
  return failed.length === 0 ? 0 : 1;
}

type Git = (...args: string[]) => Promise<string>;

function gitIn(folder: string): Git {
  const nobody = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
  const person = ['-c', 'user.name=Demo', '-c', 'user.email=demo@localhost'];
  return async (...args) => (await execa('git', [...person, ...args], { cwd: folder, env: nobody })).stdout;
}

async function scratchRepository(folder: string, git: Git): Promise<void> {
  await execa('git', ['init', '--quiet', '--initial-branch=main', folder]);
  await writeFile(join(folder, 'package.json'), '{ "name": "app", "scripts": { "test": "node --test" } }\n');
  await writeFile(join(folder, 'server.js'), "export const hello = () => 'hello';\n");
  await git('add', '.');
  await git('commit', '--quiet', '--message', 'The app so far');
}

/** Waits until every request has ended and every notice is out. */
async function finished(store: JobStore): Promise<readonly JobView[]> {
  for (const deadline = Date.now() + 10 * 60_000; Date.now() < deadline; await sleep(50)) {
    const jobs = await store.list();
    const ended = jobs.every((job) => job.finishedAt !== undefined);
    if (jobs.length === REQUESTS.length && ended && (await store.unsent('terminal', 1)).length === 0) return jobs;
  }
  throw new MiltonError('DEMO', 'The demo did not end within ten minutes.', {
    hint: 'Look at what the agent is doing.',
  });
}
