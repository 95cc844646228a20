import { expect, onTestFinished, test } from 'vitest';
import type { Agent } from '../../../src/pipeline/agent.ts';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { result, verdict } from '../../../src/plugins/slots.ts';
import { trial } from '../../../src/testing/trial.ts';

const ask = definePlugin({
  name: 'ask',
  where: 'intake',
  requires: [verdict],
  setup: () => async (run, next) => {
    if (run.get(verdict).continues) {
      await run.ask('go', { title: 'Go on?', choices: ['yes', 'no'], timeout: 60_000, onTimeout: 'no' });
    }
    await next();
  },
});

/** An agent whose conversation can be gone on with. */
const work = definePlugin({
  name: 'work',
  where: 'work',
  requires: [verdict],
  provides: [result],
  setup: () => (run) => {
    const { continues, text, agent } = run.get(verdict);
    const session = `session of ${run.id}`;
    const goOn = { agent, folder: `/folder/${run.id}` };
    run.set(result, { agent, status: 'succeeded', text: '', durationMs: 1, denials: [], session, goOn });
    run.conclude({ outcome: 'done', notice: { title: `did ${text} after ${continues?.run}` } });
  },
});

test('"CONTINUE last" means what it meant when it came, also where it is answered after another request has ended', async () => {
  const t = await trial([classify(), ask(), queue(), work()], {
    agents: [{ name: 'robot' } as Agent],
    repositories: ['app', 'bank'].map((name) => ({ name, path: `/${name}`, agent: undefined })),
  });
  onTestFinished(() => t.stop());
  t.send('CODE @app: first one');
  await t.idle();
  const [first] = await t.jobs();
  t.send('CONTINUE last: also this');
  await expect.poll(async () => (await t.jobs()).map(({ state }) => state)).toEqual(['done', 'held']);
  t.send('CODE @bank: second one');
  await expect.poll(() => t.said.join()).toContain('did second one');
  await t.answer('yes');
  await t.idle();
  expect(t.said).toContain(`did also this after ${first!.id}`);
});
