import { describe, expect, it, onTestFinished } from 'vitest';
import type { Agent } from '../../../src/pipeline/agent.ts';
import { definePlugin, type InlineHandler } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { ProcessRunner } from '../../../src/pipeline/services.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { approve } from '../../../src/plugins/approve/approve.ts';
import { RISKY_WORDS, wordFinder } from '../../../src/plugins/approve/risky-words.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { commands } from '../../../src/plugins/commands/commands.ts';
import { proof } from '../../../src/plugins/slots.ts';
import { type TrialOptions, trial } from '../../../src/testing/trial.ts';

const work: InlineHandler = function work(run) {
  run.conclude({ outcome: 'done', notice: { title: `did ${run.message.text}` } });
};
const agent = (more: Partial<Agent> = {}) => ({ name: 'helper', label: 'Helper', ...more }) as Agent;

/** Says that a message was believed for its one-time code. */
const byCode = definePlugin({
  name: 'by-code',
  where: 'intake',
  provides: [proof],
  setup: () => (run, next) => {
    run.set(proof, 'code');
    return next();
  },
});

async function start(options: Parameters<typeof approve>[0] = {}, more: TrialOptions & { code?: boolean } = {}) {
  const steps = [...(more.code ? [byCode()] : []), classify(), commands(), approve(options), queue(), work];
  const t = await trial(steps, {
    agents: [agent()],
    repositories: [{ name: 'app', path: '/nowhere', agent: undefined }],
    ...more,
  });
  onTestFinished(() => t.stop());
  const questions = () => t.said.filter((line) => line.startsWith('❓'));
  return { t, questions };
}

describe('a risky request', () => {
  it('runs once its person approves, and is not asked about otherwise', async () => {
    const { t, questions } = await start();
    t.send('CODE: add a login page');
    await t.idle();
    expect(questions()).toEqual([]);
    t.send('CODE: deploy it to production');
    await t.answer('Approve');
    await t.idle();
    expect(questions()).toEqual([
      expect.stringMatching(
        /Run it\? \| CODE · app · Helper\ndeploy it to production\nAsked because it says "deploy", it says "production"/,
      ),
    ]);
    expect(t.said).toContain('did CODE: deploy it to production');
  });

  it('is not run where its person denies it, or nobody answers', async () => {
    const { t } = await start();
    t.send('CODE: delete everything');
    await t.answer('Deny');
    await t.idle();
    expect(t.said.at(-1)).toMatch(/denied, not run \| delete everything/);
    expect((await t.jobs()).map(({ state }) => state)).toEqual(['cancelled']);
  });

  it('T5: an answer counts for its own request, once, and says so again when it comes again', async () => {
    const { t } = await start();
    t.send('CODE: delete one');
    t.send('CODE: delete two');
    await expect.poll(async () => (await t.jobs()).length).toBe(2);
    const [one, two] = await t.jobs();
    const [question] = await t.store.questions(one!.id);
    t.send(`ANSWER ${question!.id} Approve`);
    await expect.poll(() => t.said.join()).toContain('did CODE: delete one');
    t.send(`ANSWER ${question!.id} Approve`);
    t.send(`APPROVE ${one!.id}`);
    await expect.poll(() => t.settled.length).toBe(5);
    expect((await t.store.get(two!.id))!.state).toBe('held');
    expect((await t.jobs()).filter(({ state }) => state === 'done')).toHaveLength(1);
    t.send(`DENY ${two!.id}`);
    await t.idle();
    expect(t.said.join()).toContain('denied, not run');
  });

  it('T5: behind a one-time code is not asked about again, since authorise() has shown its very text', async () => {
    const { t, questions } = await start({}, { code: true });
    t.send('CODE: delete one');
    await t.idle();
    expect([questions(), t.said.at(-1)]).toEqual([[], 'did CODE: delete one']);
    t.send('APPROVE last');
    await t.idle();
    expect(t.said.at(-1)).toMatch(/Nothing is waiting|No request to approve/);
  });

  it('that RETRY would run again has to be sent again', async () => {
    const { t } = await start();
    t.send('CODE: delete one');
    await t.answer('Approve');
    await t.idle();
    t.send('RETRY last');
    await t.idle();
    expect(t.said.at(-1)).toMatch(/needed your approval/);
    expect(await t.jobs()).toHaveLength(1);
  });

  it('is asked about once, also where its reason is gone when it is taken up again', async () => {
    const store = memoryStore();
    onTestFinished(() => store.close());
    const first = await start({}, { store });
    first.t.send('CODE: delete one');
    await expect.poll(async () => (await store.list()).map(({ state }) => state)).toEqual(['held']);
    await first.t.stop();
    const { t } = await start({ words: [] }, { store });
    const [job] = await t.jobs();
    t.send(`DENY ${job!.id}`, { id: 'phone:second' });
    await t.idle();
    expect((await t.jobs())[0]!.state).toBe('cancelled');
  });
});

describe('what makes a request risky', () => {
  it.each<[string, Parameters<typeof approve>[0], TrialOptions & { code?: boolean }, string, RegExp]>([
    ['being one', { when: 'always' }, {}, 'RESEARCH: what is this?', /every request/],
    [
      'an agent without a sandbox where strangers write',
      {},
      {
        exposure: 'public',
        variables: { MILTON_ALLOW_UNSIGNED: true },
        agents: [agent({ confined: false, terms: 'no sandbox' })],
      },
      'CODE: add a page',
      /CODE · app · Helper · no sandbox.*works outside a sandbox/s,
    ],
    [
      'a repository whose own setting lifts the sandbox',
      {},
      {
        exposure: 'public',
        variables: { MILTON_ALLOW_UNSIGNED: true },
        agents: [agent({ confined: true, terms: 'sandboxed' })],
        repositories: [{ name: 'app', path: '/nowhere', agent: undefined, permissionMode: 'bypassPermissions' }],
      },
      'CODE: add a page',
      /CODE · app · Helper · no sandbox.*works outside a sandbox/s,
    ],
    ['words of one’s own', { words: ['über-all'] }, {}, 'CODE: Über-All rename', /it says "über-all"/],
    [
      'a checkout with changes, where that is asked for',
      { dirty: true },
      {
        services: [
          bind(ProcessRunner, () => ({
            run: async (_: string, args: readonly string[]) =>
              args.includes('config')
                ? { exitCode: 1, stdout: '', stderr: '', failure: undefined }
                : { exitCode: 0, stdout: ' M a.ts', stderr: '', failure: undefined },
          })),
        ],
      },
      'CODE: add a page',
      /uncommitted changes/,
    ],
  ])('%s', async (_what, options, more, text, why) => {
    const { t, questions } = await start(options, more);
    t.send(text);
    await expect.poll(questions).toEqual([expect.stringMatching(why)]);
  });

  it('many within an hour', async () => {
    const { t, questions } = await start({ perHour: 2 });
    for (const text of ['CODE: one a', 'CODE: two b', 'CODE: three c']) t.send(text);
    await expect.poll(questions).toEqual([expect.stringMatching(/three c.*more than 2 requests within an hour/s)]);
  });

  it.each<[string, Parameters<typeof approve>[0], TrialOptions, string]>([
    ['a question', {}, {}, 'RESEARCH: how do we deploy?'],
    ['anything with "never"', { when: 'never' }, {}, 'CODE: delete it'],
    ['an agent without a sandbox at this machine', {}, { agents: [agent({ confined: false })] }, 'CODE: add a page'],
  ])('not %s', async (_what, options, more, text) => {
    const { t, questions } = await start(options, more);
    t.send(text);
    await t.idle();
    expect(questions()).toEqual([]);
  });

  it.each([
    ['Delete it', ['delete']],
    ['deleting, dropped & PUSHES', ['push', 'delete', 'drop']],
    ['rm -rf /', ['rm']],
    ['the form of a pushover, a dropdown, undeletable products and armed secretaries', []],
    ['deployments', ['deploy']],
    ['git push', ['push']],
  ])('in %j it finds %j', (text, words) => expect(wordFinder(RISKY_WORDS)(text)).toEqual(words));
});
