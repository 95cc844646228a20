import { describe, expect, it } from 'vitest';
import { type Agent, Agents } from '../../../src/pipeline/agent.ts';
import { definePlugin, type InlineHandler } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { Clock, Repositories } from '../../../src/pipeline/services.ts';
import { type StepOptions, Steps } from '../../../src/pipeline/steps.ts';
import {
  type AskedQuestion,
  type Effect,
  type JobFilter,
  JobStore,
  type JobView,
} from '../../../src/pipeline/store/job-store.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { commands } from '../../../src/plugins/commands/commands.ts';
import { command } from '../../../src/plugins/slots.ts';
import { trial } from '../../../src/testing/trial.ts';
import { given, startStep } from '../../support/fake-intake.ts';
import fc from '../../support/property.ts';

// By the local day, as limits are counted.
const NOW = new Date(1970, 3, 26, 17, 46, 40).valueOf();
const today = new Date(NOW);
const day = [today.getFullYear(), today.getMonth() + 1, today.getDate()]
  .map((n) => String(n).padStart(2, '0'))
  .join('-');
/** What a ledger says of today. */
const spent = { day, used: { costUsd: 1.2, tokens: 90 }, runs: [] };

function job(id: string, state: JobView['state'], minutesAgo = 3, more: Partial<JobView> = {}): JobView {
  const then = NOW - minutesAgo * 60_000;
  return {
    id,
    lane: 'app',
    state,
    attempt: 1,
    message: { id: `memory:${id}`, transport: 'memory', text: `CODE: task of ${id}`, at: '2026-11-23T10:00:00Z' },
    slots: { verdict: { kind: 'CODE', text: `task of ${id}`, repository: 'app', agent: 'claude' } },
    createdAt: then,
    startedAt: state === 'queued' ? undefined : then,
    finishedAt: state === 'queued' || state === 'active' ? undefined : then,
    retryOf: undefined,
    cancelRequested: false,
    queued: state !== 'held',
    notices: [],
    ...more,
  };
}

/** Sends commands to a store that holds these jobs, oldest first; `lookups` are the ids it was asked for. */
function start(
  jobs: readonly JobView[],
  asked: ReadonlyMap<string, readonly Partial<AskedQuestion>[]> = new Map(),
  steps: readonly StepOptions[] = [],
) {
  const lookups: string[] = [];
  const list = async ({ states, limit = 100, newestFirst }: JobFilter = {}) => {
    const fitting = jobs.filter(({ state }) => states?.includes(state) ?? true);
    return (newestFirst ? fitting.toReversed() : fitting).slice(0, limit);
  };
  const get = async (id: string) => {
    lookups.push(id);
    return jobs.find((one) => one.id === id);
  };
  const services = [
    given(JobStore, {
      get,
      list,
      recall: async () => spent,
      questions: async (id: string) => asked.get(id) ?? [],
    } as unknown as JobStore),
    given(Clock, { now: () => NOW }),
    given(Steps, steps),
    given(Repositories, [{ name: 'app', path: '/app', agent: undefined }]),
    given(Agents, [{ name: 'claude' } as Agent]),
  ];
  const step = startStep(commands(), { services });
  const send = async (name: string, argument = '') => {
    const outcome = await step({ id: 'req_newone', slots: [[command, { name, argument }]] });
    const [notice] = outcome.notices;
    return { ...outcome, title: notice?.title, body: notice?.body, kind: notice?.kind, effect: outcome.effects[0] };
  };
  return { send, lookups, step };
}

function cancelled(effect: Effect | undefined) {
  if (effect?.do !== 'cancel') throw new Error('no cancel was staged');
  return effect;
}

const jobs = [job('req_aaaaaa', 'done', 300), job('req_bbbbbb', 'active'), job('req_cccccc', 'queued', 1)];

it('lets requests pass', async () => {
  expect(await start([]).step()).toMatchObject({ passedOn: true, notices: [], effects: [] });
});

it('STATUS tells what was used up today, where there is a limit: of each step what is used up most', async () => {
  const steps = [
    { plugin: 'execute', options: { dailyLimits: { costUsd: 5, tokens: 100 } } },
    { plugin: 'research', options: { dailyLimits: {} } },
    { plugin: 'limits', options: { perDay: 7 } },
    { plugin: 'odd', options: undefined },
  ];
  expect((await start(jobs, undefined, steps).send('STATUS')).body).toContain(
    '\nToday: agents 90 tokens of 100 tokens · requests 3 of 7\n',
  );
  expect((await start(jobs).send('STATUS')).body).not.toContain('Today');
});

it('answers every command and hands none on; that one is not carried out must arrive', async () => {
  for (const name of ['HELP', 'STATUS', 'QUEUE']) {
    expect(await start([]).send(name)).toMatchObject({ passedOn: false, kind: 'reply', body: expect.any(String) });
  }
  for (const name of ['CANCEL', 'RETRY', 'ANSWER']) {
    expect(await start([]).send(name)).toMatchObject({ passedOn: false, kind: 'final', body: expect.any(String) });
  }
});

it('HELP shows the commands and the names', async () => {
  const { body } = await start([]).send('HELP', 'me');
  for (const word of ['CODE:', 'RESEARCH:', 'STATUS', 'QUEUE', 'CANCEL', 'RETRY', 'app', 'claude'])
    expect(body).toContain(word);
});

describe('STATUS', () => {
  it('tells what runs, waits and finished last', async () => {
    const { title, body } = await start(jobs).send('STATUS');
    expect(title).toBe('1 running, 1 waiting');
    expect(body).toContain('req_bbbbbb · app · task of req_bbbbbb · running for 3 min');
    expect(body).toContain('req_aaaaaa · app · task of req_aaaaaa · done 5 h ago');
  });

  it('says when nothing runs', async () => {
    expect((await start([]).send('STATUS')).title).toBe('Nothing is running');
  });

  it.each([
    ['bbbbbb', 'req_bbbbbb is running', 'CANCEL req_bbbbbb'],
    ['req_cccccc', 'req_cccccc is waiting', 'CANCEL req_cccccc'],
    ['aaaaaa', 'req_aaaaaa is done', 'RETRY req_aaaaaa'],
    ['last', 'req_cccccc is waiting', 'CANCEL req_cccccc'],
  ])('of one: %s', async (argument, title, next) => {
    expect(await start(jobs).send('STATUS', argument)).toMatchObject({ title, body: expect.stringContaining(next) });
  });

  it('offers no RETRY of one that never reached the queue', async () => {
    const made = start([job('req_eeeeee', 'expired', 1, { queued: false })]);
    const { body } = await made.send('STATUS', 'eeeeee');
    expect(body).toContain('Send it again to have it done.');
    expect(body).not.toContain('RETRY');
    const told = cancelled((await made.send('CANCEL', 'eeeeee')).effect).reply('finished')!.body;
    expect(told).toBe('STATUS req_eeeeee shows how it ended. Send it again to have it done.');
  });

  it('repeats what the request last told', async () => {
    const notices = ['first', 'second'].map((title) => ({ key: title, notice: { title }, sent: true, at: 0 }));
    expect((await start([job('req_aaaaaa', 'active', 0, { notices })]).send('STATUS', 'aaaaaa')).body).toContain(
      'second',
    );
  });

  it('reads stored jobs without a verdict, and shortens long requests', async () => {
    const message = { ...jobs[0]!.message, text: 'x'.repeat(500) };
    const { body } = await start([job('req_aaaaaa', 'interrupted', 9000, { slots: {}, message })]).send(
      'STATUS',
      'last',
    );
    expect(body).toContain('interrupted 6 days ago');
    expect(body!.length).toBeLessThan(250);
  });
});

describe('QUEUE', () => {
  it('lists what runs and waits, oldest first', async () => {
    const { title, body } = await start([...jobs, job('req_dddddd', 'queued', 0)]).send('QUEUE');
    expect(title).toBe('1 running, 2 waiting');
    expect(body!.match(/req_\w+(?= · app)/g)).toEqual(['req_bbbbbb', 'req_cccccc', 'req_dddddd']);
  });

  it('stays short', async () => {
    const many = [
      ...Array.from({ length: 40 }, () => job('req_cccccc', 'queued')),
      ...Array.from({ length: 30 }, () => job('req_dddddd', 'held')),
    ];
    const { title, body } = await start(many).send('QUEUE');
    expect(title).toBe('0 running, 40 waiting, 30 for you to answer');
    expect(body!.split('\n').filter((line) => !line.includes('·'))).toEqual([
      '… and 32 more',
      '… and 22 more',
      'CANCEL with an id takes one out.',
    ]);
    expect(body!.length).toBeLessThan(2000);
  });
});

describe('CANCEL', () => {
  it('stages the cancel with the final notice of a request that had not begun', async () => {
    const { effect, title } = await start(jobs).send('CANCEL', 'cccccc');
    expect(title).toBeUndefined();
    const { job: id, final, reply } = cancelled(effect);
    expect(id).toBe('req_cccccc');
    expect(final).toMatchObject({ kind: 'final', title: expect.stringContaining('[req_cccccc] cancelled') });
    expect(final.body).toContain('RETRY req_cccccc');
    expect(final.tags).toBeUndefined();
    expect(reply('cancelled')).toBeUndefined();
    expect(reply('requested')?.title).toBe('Stopping req_cccccc');
    expect(reply('finished')?.body).toContain('RETRY req_cccccc');
    expect(reply('unknown')?.title).toContain('No request');
  });

  it('answers itself where the final notice goes another way', async () => {
    const other = job('req_aaaaaa', 'queued', 1, { message: { ...jobs[0]!.message, transport: 'console' } });
    expect(cancelled((await start([other]).send('CANCEL', 'last')).effect).reply('cancelled')?.title).toContain(
      'cancelled',
    );
  });

  it('takes `last` as the newest that is open', async () => {
    const more = [...jobs, job('req_dddddd', 'done')];
    expect(cancelled((await start(more).send('CANCEL', 'last')).effect).job).toBe('req_cccccc');
  });

  it.each(['', 'zzzzzz', 'the login', '../../etc/passwd', '__proto__'])(
    'lists the open ones for %j',
    async (argument) => {
      const { effect, body } = await start(jobs).send('CANCEL', argument);
      expect(effect).toBeUndefined();
      expect(body).toContain('req_bbbbbb');
      expect(body).toContain('req_cccccc');
      expect(body).not.toContain('req_aaaaaa');
    },
  );

  it('shows what runs first, also when much waits', async () => {
    const waiting = ['req_cccccc', 'req_dddddd', 'req_eeeeee', 'req_ffffff'].map((id) => job(id, 'queued'));
    const { body } = await start([job('req_bbbbbb', 'active'), ...waiting]).send('CANCEL');
    expect(body!.match(/req_\w+(?= · app)/g)).toEqual(['req_bbbbbb', 'req_ffffff', 'req_eeeeee']);
    expect(body).toMatch(/\nSend CANCEL bbbbbb, or CANCEL last\.$/);
  });

  it('names the only one at once, and does not cancel it', async () => {
    expect(await start([jobs[0]!, jobs[1]!]).send('CANCEL')).toMatchObject({
      title: 'Send CANCEL bbbbbb',
      body: expect.stringContaining('task of req_bbbbbb'),
      effect: undefined,
    });
    expect(await start([jobs[1]!]).send('CANCEL', 'zzzzzz')).toMatchObject({
      title: 'No request "zzzzzz"',
      body: expect.stringMatching(/Send CANCEL bbbbbb\.$/),
      effect: undefined,
    });
  });

  it('says so when there is nothing to cancel', async () => {
    expect(await start([jobs[0]!]).send('CANCEL', 'last')).toMatchObject({
      title: 'No request to cancel',
      body: expect.stringContaining('Nothing is waiting'),
    });
  });
});

describe('RETRY', () => {
  it('stages a new request under the id of this message, and acknowledges it with its place', async () => {
    const { effect } = await start(jobs).send('RETRY', 'last');
    if (effect?.do !== 'retry') throw new Error('no retry was staged');
    expect(effect).toMatchObject({ job: 'req_aaaaaa', as: 'req_newone' });
    expect(effect.reply({ ahead: 0 })).toMatchObject({
      title: '👂 [req_newone] got it',
      body: expect.stringContaining('It is next.'),
      kind: 'reply',
    });
    expect(effect.reply({ ahead: 2 })).toMatchObject({
      title: '👂 [req_newone] queued',
      body: expect.stringContaining('2 before it'),
    });
    expect(effect.reply('open')?.body).toContain('CANCEL req_aaaaaa');
    expect(effect.reply('unknown')?.title).toContain('No request');
  });

  it('takes `last` as the one that ended last, not the one that came last', async () => {
    const more = [job('req_eeeeee', 'done', 500, { finishedAt: NOW }), job('req_ffffff', 'failed', 60)];
    expect((await start(more).send('RETRY', 'last')).effect).toMatchObject({ job: 'req_eeeeee' });
    expect((await start(more).send('STATUS')).body).toContain('req_eeeeee');
  });

  it('passes over what never reached the queue', async () => {
    const skipped = { finishedAt: NOW, queued: false };
    const more = [...jobs, job('req_eeeeee', 'cancelled', 1, skipped)];
    expect((await start(more).send('RETRY', 'last')).effect).toMatchObject({ job: 'req_aaaaaa' });
    expect((await start(more).send('RETRY')).body).not.toContain('eeeeee');
    const only = await start([job('req_eeeeee', 'expired', 1, skipped)]).send('RETRY', 'last');
    expect(only).toMatchObject({ title: 'No request to retry', effect: undefined });
  });

  it('says so when nothing has finished', async () => {
    expect(await start([]).send('RETRY', 'last')).toMatchObject({ title: 'No request to retry', effect: undefined });
  });
});

it('only ever looks up what has the form of an id', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.string(), fc.stringMatching(/^(req_)?[a-z0-9./]{0,20}$/)), async (argument) => {
      const { send, lookups } = start(jobs);
      expect(await send('CANCEL', argument)).toMatchObject({ passedOn: false });
      for (const id of lookups) expect(id).toMatch(/^req_[a-z2-7]{6,16}$/);
    }),
  );
});

describe('ANSWER', () => {
  it('stages the answer, whatever the case and the punctuation', async () => {
    const { send } = start([]);
    for (const said of ['q7k2a yes', 'Q7K2A: yes', 'q7k2a,  yes']) {
      expect((await send('ANSWER', said)).effect).toMatchObject({ do: 'answer', question: 'q7k2a', choice: 'yes' });
    }
  });

  it('asks back where the question or the choice is missing', async () => {
    const { send } = start([]);
    for (const said of ['', 'yes', 'q7k2a', 'q7k2a  ']) {
      const { effect, title, body } = await send('ANSWER', said);
      expect({ effect, title }).toEqual({ effect: undefined, title: 'Which question?' });
      // An example would be sent as it stands.
      expect(body).toMatch(/ANSWER, the question’s id and your choice/);
      expect(body).not.toContain('q7k2a');
    }
  });

  it('tells what became of it', async () => {
    const { effect } = await start([]).send('ANSWER', 'q7k2a maybe');
    if (effect?.do !== 'answer') throw new Error('no answer was staged');
    expect(effect.reply('accepted')?.title).toBe('Your answer: maybe');
    expect(effect.reply('late')?.title).toBe('Too late');
    expect(effect.reply('unknown')?.title).toBe('No question q7k2a');
    expect(effect.reply({ choices: ['yes', 'no'] })?.body).toBe('Send one of:\nANSWER q7k2a yes\nANSWER q7k2a no');
  });
});

describe('APPROVE and DENY', () => {
  const question = {
    id: 'qk7m2',
    key: 'approve/approval',
    choices: ['Approve', 'Deny'],
    onTimeout: 'Deny',
    open: true,
    askedAt: Date.parse('2026-11-23T09:59:00Z'),
  };
  const asked = new Map([['req_bbbbbb', [{ ...question, open: false }, question]]]);

  it.each([
    ['APPROVE', 'Approve'],
    ['DENY', 'Deny'],
  ])('%s answers the open question of a request', async (name, choice) => {
    const { effect } = await start(jobs, asked).send(name, 'bbbbbb');
    expect(effect).toMatchObject({ do: 'answer', question: 'qk7m2', choice });
    expect((await start(jobs, asked).send(name, 'last')).effect).toMatchObject({ question: 'qk7m2' });
  });

  it('"last" is none that asked after this was sent: a server could have held it back', async () => {
    const later = new Map([['req_bbbbbb', [{ ...question, askedAt: Date.parse('2026-11-23T10:02:00Z') }]]]);
    expect(await start(jobs, later).send('APPROVE', 'last')).toMatchObject({
      effect: undefined,
      title: 'req_bbbbbb asked after you had sent this',
    });
    expect((await start(jobs, later).send('APPROVE', 'bbbbbb')).effect).toMatchObject({ question: 'qk7m2' });
  });

  it('says so where nothing is asked', async () => {
    expect(await start(jobs).send('APPROVE', 'bbbbbb')).toMatchObject({
      title: 'req_bbbbbb asks nothing',
      kind: 'final',
    });
    expect((await start([]).send('APPROVE', 'last')).effect).toBeUndefined();
  });

  it('RETRY of what was approved has it sent again, so that it is asked about again', async () => {
    const before = new Map([['req_aaaaaa', [{ ...question, open: false }]]]);
    const { effect, title, body } = await start(jobs, before).send('RETRY', 'aaaaaa');
    expect([effect, title]).toEqual([undefined, 'req_aaaaaa needed your approval']);
    expect(body).toContain('task of req_aaaaaa');
  });
});

describe('a command that a step asks about', () => {
  const confirm = definePlugin({
    name: 'confirm',
    where: 'intake',
    optional: [command],
    setup: () => async (run, next) => {
      if (run.get(command))
        await run.ask('sure', { title: 'Sure?', choices: ['yes'], timeout: 60_000, onTimeout: 'yes' });
      await next();
    },
  });
  /** Milton with requests that work until they are cancelled, and what sends it a command and confirms it. */
  const working = async () => {
    const work: InlineHandler = (run) =>
      run.message.text.includes('done')
        ? run.conclude({ outcome: 'done', notice: { title: 'did it' } })
        : new Promise((_, reject) => run.signal.addEventListener('abort', () => reject(run.signal.reason)));
    const t = await trial([classify(), confirm(), commands(), queue(), work], {
      repositories: [{ name: 'app', path: '/app', agent: undefined }],
      agents: [{ name: 'claude' } as Agent],
    });
    const confirmed = async (text: string) => {
      t.send(text);
      await t.answer('yes');
      await expect.poll(() => t.store.held()).toEqual([]);
      return (await t.jobs())
        .filter(({ message }) => message.text === text)
        .flatMap(({ notices }) => notices)
        .at(-1)!;
    };
    return { t, confirmed };
  };

  it('finds the other requests, not itself, and ends with its reply', async () => {
    const { t, confirmed } = await working();
    t.send('CODE: long work');
    await expect.poll(async () => (await t.store.list({ states: ['active'] })).length).toBe(1);
    const [job] = await t.jobs();
    for (const text of ['STATUS', 'QUEUE']) {
      expect((await confirmed(text)).notice).toMatchObject({ title: '1 running, 0 waiting', kind: 'final' });
    }
    const told = await confirmed('CANCEL last');
    expect(told).toMatchObject({ key: 'final', notice: { title: `Stopping ${job!.id}`, kind: 'final' } });
    await t.idle();
    expect((await t.jobs()).map(({ state }) => state)).toEqual(['cancelled', 'done', 'done', 'done']);
    expect(t.said.join()).not.toContain('nothing was queued');
    await t.stop();
  });

  it('starts a request of another id than its own', async () => {
    const { t, confirmed } = await working();
    t.send('CODE: is soon done');
    await t.idle();
    const [job] = await t.jobs();
    await confirmed(`RETRY ${job!.id}`);
    await t.idle();
    const jobs = await t.jobs();
    expect(jobs.map(({ state, retryOf }) => [state, retryOf])).toEqual([
      ['done', undefined],
      ['done', undefined],
      ['done', job!.id],
    ]);
    expect(jobs[1]!.notices.at(-1)!.notice.title).toBe(`👂 [${jobs[2]!.id}] got it`);
    await t.stop();
  });

  it('cannot cancel itself', async () => {
    const { t } = await working();
    t.send('CANCEL last');
    await expect.poll(() => t.notices.length).toBe(1);
    await t.answer('yes');
    await t.idle();
    expect((await t.jobs()).map(({ state }) => state)).toEqual(['done']);
    expect(t.said.at(-1)).toMatch(/^No request to cancel/);
    await t.stop();
  });
});
