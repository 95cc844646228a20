import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon } from './daemon.ts';
import type { Run } from './figures.ts';
import { median } from './statistics.ts';

const PATIENCE = 200_000;

/**
 * From the claim of a request to the moment at which its agent runs, with a worktree and a branch of its own; against git making
 * the same worktree and a shell starting the same program.
 */
export const run: Run = async ({ quick }) => {
  const requests = quick ? 8 : 30;
  await using milton = new Daemon(CONFIG);
  const at = (name: string) => join(milton.folder, name);
  // The program says when it runs, in ns since the epoch; it changes nothing, so that its branch goes again.
  writeFileSync(at('agent.sh'), `#!/bin/sh\ndate +%s%N >> ${at('begun')}\n`);
  chmodSync(at('agent.sh'), 0o755);
  writeFileSync(at('requests'), String(requests));
  await milton.start();
  const lines = (name: string) => (existsSync(at(name)) ? readFileSync(at(name), 'utf8').trim().split('\n') : []);
  for (const until = performance.now() + PATIENCE; lines('begun').length < requests; await sleep(20)) {
    if (performance.now() > until) throw new Error(`Only ${lines('begun').length} of ${requests} agents began.`);
  }
  await milton.stop();
  const begun = lines('begun').map((ns) => Number(ns) / 1e6);
  const claimed = lines('claimed').map(Number);
  const taken = begun.map((ms, i) => ms - claimed[i]!);

  const plain: number[] = [];
  for (let i = 0; i < requests; i++) {
    rmSync(at('begun'));
    const began = Date.now();
    const git = ['worktree', 'add', '--quiet', '-B', `plain-${i}`, at(`plain-${i}`), 'HEAD'];
    execFileSync('git', git, { cwd: at('app'), env: milton.env, stdio: 'ignore' });
    execFileSync(at('agent.sh'), { cwd: at(`plain-${i}`), env: milton.env });
    plain.push(Number(readFileSync(at('begun'), 'utf8')) / 1e6 - began);
    appendFileSync(at('begun'), '');
  }
  return [
    {
      what: 'claim to agent at work, p50',
      unit: 'ms',
      value: median(taken),
      reference: { what: 'git worktree add + the program', value: median(plain) },
    },
  ];
};

/** One request after the other, each sent when the one before it is over; the time of the claim is written by the first step below queue(). */
const CONFIG = `
import { appendFileSync, readFileSync } from 'node:fs';
import { Subject, concat, of } from 'rxjs';
import { classify, commandAgent, dedupe, defineConfig, definePlugin, defineTransport, env, execute, promptBuild, publish, queue,
  research, sqlite, summarise } from 'milton-orchestrator';

const total = Number(readFileSync('requests', 'utf8'));
const messages = new Subject();
let sent = 0;
const next = () => {
  if (sent >= total) return;
  const message = { id: 'bench:' + ++sent, transport: 'bench', text: 'CODE: begin ' + sent, at: new Date().toISOString() };
  messages.next({ message, settle() {} });
};
const bench = defineTransport({
  name: 'bench',
  create: () => ({
    name: 'bench',
    exposure: 'local',
    messages$: messages,
    health$: of({ state: 'connected' }),
    async send({ kind }) { if (kind === 'final') setTimeout(next, 50); },
  }),
});
const claimed = definePlugin({
  name: 'claimed',
  where: 'work',
  setup: () => async (run, go) => { appendFileSync('claimed', Date.now() + '\\n'); await go(); },
});
setTimeout(next, 1_000);

export default defineConfig({
  repositories: { app: { path: env.TARGET_REPO } },
  transports: [bench()],
  store: sqlite(),
  agents: [commandAgent({ as: 'script', bin: process.cwd() + '/agent.sh', scope: false })],
  pipeline: [dedupe(), classify(), queue(), claimed(), research(), promptBuild(), execute(), summarise(), publish()],
});
`;
