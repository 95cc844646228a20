import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ExecaProcessRunner } from '../src/pipeline/services/process-runner.ts';
import { createRedactor, Redact } from '../src/pipeline/services/redact.ts';
import { Environment, ProcessRunner } from '../src/pipeline/services.ts';
import { acceptanceCriteria } from '../src/plugins/optimizer/criteria.ts';
import { factsReader } from '../src/plugins/optimizer/repository-facts.ts';
import { taskKind } from '../src/plugins/optimizer/task-kind.ts';
import { writeLayout } from '../test/plugins/optimizer/layout.ts';
import { LAYOUTS } from '../test/plugins/optimizer/layouts.ts';
import { gitRepo } from '../test/support/git-repo.ts';
import type { Figure, Run } from './figures.ts';
import { inTurns, median } from './statistics.ts';

const TASK = { kind: 'CODE', text: 'add a login page with a form', repository: 'app', agent: 'claude' } as const;

/** What Milton works out of a request and each sort of repository, against git's newest commits and the names in the folder alone. */
export const run: Run = async ({ quick }) => {
  const [rounds, files] = quick ? [10, 20_000] : [40, 200_000];
  const runner = new ExecaProcessRunner();
  const figures: Figure[] = [];
  for (const [name, layout] of Object.entries(LAYOUTS)) {
    using repo = gitRepo();
    const path = layout.plain ? repo.root : repo.path;
    writeLayout(path, layout, layout.many && files);
    const env = { PATH: process.env.PATH ?? '', HOME: repo.home };
    const get = servicesOf(env, runner);
    const read = factsReader(get);
    const { ours, bare } = await inTurns(rounds, {
      ours: () => timed(async () => acceptanceCriteria(taskKind(TASK), await read(path), TASK.text)),
      bare: () => timed(() => Promise.all([readdir(path), promisify(execFile)('git', LOG, { cwd: repo.path, env })])),
    });
    figures.push({
      what: layout.many ? `${files.toLocaleString('en')} files` : name,
      unit: 'ms',
      value: median(ours),
      reference: { what: 'git log -5 + readdir', value: median(bare) },
      targets: [...(layout.many ? [] : [{ ratioAtMost: 4 }]), { atMost: 300 }],
    });
  }
  return figures;
};

const LOG = ['log', '-5', '--format=%s'];

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function servicesOf(env: Readonly<Record<string, string>>, runner: ProcessRunner) {
  const environment: Environment = {
    get: (name) => (name in env ? { value: env[name], origin: 'environment', secret: false } : undefined),
  };
  const services = new Map<symbol, unknown>([
    [ProcessRunner, runner],
    [Environment, environment],
    [Redact, createRedactor([])],
  ]);
  return (token: symbol) => services.get(token) as never;
}
