import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Clock, Environment, Fetch, ProcessRunner, Repositories } from '../src/pipeline/services.ts';
import { JobStore } from '../src/pipeline/store/job-store.ts';
import { openStore } from '../src/pipeline/store/sqlite.ts';
import { perplexity } from '../src/plugins/research/providers/perplexity.ts';
import { research } from '../src/plugins/research/research.ts';
import { verdict } from '../src/plugins/slots.ts';
import { given, startStep } from '../test/support/fake-intake.ts';
import { gitRepo } from '../test/support/git-repo.ts';
import { eventsOf, NOTES, send, stream, stubPerplexity } from '../test/support/stub-perplexity.ts';
import type { Figure, Run } from './figures.ts';
import { bareEnvironment, runner } from './services.ts';
import { inTurns, median } from './statistics.ts';

/** What research costs beside the service that is asked: an answer, one of the last day, and the ways it falls back. */
export const run: Run = async ({ quick }) => {
  const rounds = quick ? 15 : 60;
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  const repo = gitRepo();
  const store = openStore(join(folder, 'milton.db'), { mode: 'daemon' });
  const answers = await stubPerplexity(stream(eventsOf(JSON.stringify(NOTES))));
  const refuses = await stubPerplexity(send(401, '{}'));
  const down = await stubPerplexity(send(503, '{}'));
  const over = (url: string) =>
    startStep(research({ providers: [perplexity({ apiKey: 'k', baseUrl: url, tryTimeout: 5, maxRetries: 0 })] }), {
      services: [
        given(Repositories, [{ name: 'app', path: repo.path, agent: undefined }]),
        given(Clock, { now: Date.now }),
        given(Fetch, globalThis.fetch),
        given(JobStore, store),
        given(ProcessRunner, runner),
        given(Environment, bareEnvironment(repo.home)),
      ],
    });
  const [answering, refusing, failing] = [over(answers.url), over(refuses.url), over(down.url)];
  let asked = 0;
  const timed = async (work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
  const ask = (step: typeof answering, text = `add page ${asked++}`) =>
    timed(() => step({ slots: [[verdict, { kind: 'CODE', text, repository: 'app', agent: 'claude' }]] }));
  try {
    // From here on the third service is left alone.
    for (let failures = 0; failures < 5; failures++) await ask(failing);
    const took = await inTurns(rounds, {
      bare: () =>
        timed(async () => (await fetch(`${answers.url}/v1/agent`, { method: 'POST', body: '{}' })).arrayBuffer()),
      answer: () => ask(answering),
      known: () => ask(answering, 'add a login'),
      refused: () => ask(refusing),
      leftAlone: () => ask(failing),
    });
    const reference = { what: 'a bare request', value: median(took.bare) };
    const figure = (what: string, values: readonly number[]): Figure => ({
      ...{ what, unit: 'ms', value: median(values), reference },
      targets: [{ excessAtMost: 100 }],
    });
    return [
      figure('a brief from the web, p50', took.answer),
      figure('a brief of the last day, p50', took.known),
      figure('the local brief after a refusal, p50', took.refused),
      figure('the local brief while the service is left alone, p50', took.leftAlone),
    ];
  } finally {
    for (const stub of [answers, refuses, down]) await stub[Symbol.asyncDispose]();
    await store.close();
    repo[Symbol.dispose]();
    rmSync(folder, { recursive: true });
  }
};
