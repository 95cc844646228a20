import { afterEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../src/pipeline/agent.ts';
import type { Message, Notice } from '../../src/pipeline/message.ts';
import { queue } from '../../src/pipeline/queue.ts';
import { Clock } from '../../src/pipeline/services.ts';
import { memoryStore } from '../../src/pipeline/store/memory.ts';
import { bind } from '../../src/pipeline/token.ts';
import { TransportError } from '../../src/pipeline/transport.ts';
import { classify } from '../../src/plugins/classify/classify.ts';
import { commands } from '../../src/plugins/commands/commands.ts';
import { dedupe } from '../../src/plugins/dedupe.ts';
import { late } from '../../src/plugins/late.ts';
import { type Trial, type TrialOptions, trial } from '../../src/testing/trial.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const trials: Trial[] = [];
afterEach(async () => {
  for (const one of trials.splice(0)) await one.stop();
});

/** The built-in steps above queue(), with a step below it that is done at once. */
async function start(options: Parameters<typeof late>[0] = {}, more: TrialOptions = {}) {
  const ran: string[] = [];
  const pipeline = [dedupe(), classify(), late(options), commands(), queue()];
  const t = await trial(
    [
      ...pipeline,
      (run) => {
        ran.push(run.message.text);
        run.conclude({ outcome: 'done', notice: { title: `did ${run.message.text}` } });
      },
    ],
    {
      repositories: [{ name: 'app', path: '/app', agent: undefined }],
      agents: [{ name: 'claude' } as Agent],
      ...more,
    },
  );
  trials.push(t);
  const send = (text: string, ms?: number, missed = true) =>
    t.send(text, ms === undefined ? {} : ({ late: { ms, missed } } satisfies Partial<Message>));
  const told = (title: RegExp) =>
    expect.poll(() => t.notices.map((notice) => notice.title)).toContainEqual(expect.stringMatching(title));
  return { ...t, t, send, told, ran };
}

/** The states of all requests, and how many final notices each has. */
const ends = async ({ t }: { t: Trial }) =>
  (await t.jobs()).map(({ state, notices }) => [state, notices.filter(({ key }) => key === 'final').length]);

describe('a request', () => {
  it.each([
    ['in time', undefined, true],
    ['15 min late while Milton listened', 15 * MINUTE, false],
    ['2 h late while it was away', 2 * HOUR, true],
    ['from a clock that goes wrong', -HOUR, true],
  ])('that comes %s runs at once', async (_when, ms, missed) => {
    // The clock stands still: what waits in Milton is later by that, and these are at the limit.
    const at = Date.now();
    const { send, t, ran } = await start({}, { services: [bind(Clock, () => ({ now: () => at }))] });
    send('CODE: x', ms, missed);
    await t.idle();
    expect(ran).toEqual(['CODE: x']);
  });

  it.each([
    ['16 min', 16 * MINUTE, false],
    ['3 h', 3 * HOUR, true],
    ['7 h', 7 * HOUR, true],
    ['3 days', 72 * HOUR, true],
  ])('that was sent %s ago is asked about, and run when the person says so', async (age, ms, missed) => {
    const { send, t, ran, told } = await start();
    send('CODE: add a login page', ms, missed);
    await told(/Sent/);
    const [question] = t.notices;
    expect(question!.title).toMatch(new RegExp(`^❓ \\[req_\\w+\\] Sent ${age} ago: run it\\?$`));
    expect(question!.body).toMatch(
      /^CODE · app · add a login page\n\nTap a button, .*\nWithout an answer within 12 hours it is: Skip$/,
    );
    expect(question!.actions?.map(({ label }) => label)).toEqual(['Run', 'Skip']);
    expect(ran).toEqual([]);
    await t.answer('Run');
    await t.idle();
    expect(ran).toEqual(['CODE: add a login page']);
    expect(t.notices[1]!.title).toContain('got it');
  });

  it('that the person skips is cancelled', async () => {
    const made = await start();
    made.send('CODE: x y', 7 * HOUR);
    await made.t.answer('skip');
    await made.t.idle();
    expect(made.t.said.slice(1)).toEqual([
      expect.stringMatching(
        /^🛑 \[req_\w+\] skipped, not run \| CODE · app · x y\nIt was sent 7 h before it came\. Send it again to have it done\.$/,
      ),
    ]);
    expect(await ends(made)).toEqual([['cancelled', 1]]);
  });

  it('about which nobody answers has expired', async () => {
    const store = memoryStore();
    const made = await start({}, { store });
    made.send('CODE: x y', 7 * HOUR);
    await made.told(/Sent/);
    const [held] = await store.held();
    await store.expire(held!.questions[0]!.id);
    await made.t.idle();
    expect(made.t.said.at(-1)).toMatch(/^⌛ \[req_\w+\] not run: nobody answered \| CODE · app · x y\n/);
    expect(await ends(made)).toEqual([['expired', 1]]);
  });

  it('about which nobody could be asked in time has expired, and says so', async () => {
    const store = memoryStore();
    const onSend = ({ kind }: Notice) => {
      if (kind === 'question') throw new TransportError('the day is used up', { retryable: true, retryAfter: HOUR });
    };
    const made = await start({}, { store, onSend });
    made.send('CODE: x y', 7 * HOUR);
    await expect.poll(async () => (await store.held()).length).toBe(1);
    const [held] = await store.held();
    await store.expire(held!.questions[0]!.id);
    await made.t.idle();
    expect(made.t.said).toEqual([
      expect.stringMatching(/^⌛ \[req_\w+\] not run: you could not be asked in time \| CODE · app · x y\n/),
    ]);
    expect(await ends(made)).toEqual([['expired', 1]]);
  });

  it('has a question of its own, and the order of arrival is kept', async () => {
    const made = await start();
    const texts = ['one', 'two', 'three'].map((text) => `CODE: ${text} thing`);
    for (const text of texts) made.send(text, 7 * HOUR);
    await expect.poll(() => made.t.notices.length).toBe(3);
    for (const choice of ['Run', 'Skip', 'Run']) await made.t.answer(choice);
    await made.t.idle();
    expect(made.ran).toEqual([texts[0], texts[2]]);
    expect(await ends(made)).toEqual([
      ['done', 1],
      ['cancelled', 1],
      ['done', 1],
    ]);
  });

  it('is answered by the words of its notice, which may come late themselves', async () => {
    const made = await start();
    made.send('CODE: x', 7 * HOUR);
    await made.told(/Sent/);
    made.send(`ANSWER ${/ANSWER (\w+)/.exec(made.t.notices[0]!.body!)![1]} run`, 5 * HOUR);
    await made.t.idle();
    expect(made.ran).toEqual(['CODE: x']);
    expect(made.t.notices.map(({ title }) => title)).toContain('Your answer: run');
  });

  it('is late by other limits where they are set', async () => {
    const { send, t, ran } = await start({ listening: 0, away: 10 * HOUR, answerWithin: HOUR });
    send('CODE: a', 9 * HOUR, true);
    send('CODE: b', 1, false);
    await t.answer('Skip');
    await t.idle();
    expect(ran).toEqual(['CODE: a']);
    expect(t.notices.find(({ kind }) => kind === 'question')!.body).toContain('within 60 minutes');
  });
});

describe('a phone command that comes late', () => {
  it.each([
    [
      'CANCEL last',
      'Not carried out: CANCEL last',
      'It was sent 7 h ago, and "last" may be another request by now. Send it again, with the id.',
    ],
    ['RETRY last', 'Not carried out: RETRY last', 'with the id'],
    ['APPROVE last', 'Not carried out: APPROVE last', 'with the id'],
    ['DENY last', 'Not carried out: DENY last', 'with the id'],
    ['RETRY k4m2xa', 'Not carried out: RETRY k4m2xa', 'Send it again if you still want it.'],
  ])('%s is not carried out', async (text, title, body) => {
    const { send, t, ran } = await start();
    send('CODE: x');
    await t.idle();
    const before = t.notices.length;
    send(text, 7 * HOUR);
    await t.idle();
    expect(t.notices.slice(before)).toEqual([{ title, body: expect.stringContaining(body), kind: 'final' }]);
    expect(ran).toEqual(['CODE: x']);
  });

  it.each(['HELP', 'STATUS', 'QUEUE', 'CANCEL k4m2xa', 'ANSWER q7k2a yes'])('%s is carried out', async (text) => {
    const { send, t } = await start();
    send(text, 7 * HOUR);
    await t.idle();
    expect(t.notices).toHaveLength(1);
    expect(t.notices[0]!.title).not.toContain('Not carried out');
  });
});

describe('the commands know a request that is asked about', () => {
  const asked = async () => {
    const made = await start();
    made.send('CODE: x y', 7 * HOUR);
    await made.told(/Sent/);
    const [{ id } = { id: '' }] = await made.t.jobs();
    const tell = async (text: string) => {
      const before = made.t.notices.length;
      made.send(text);
      await expect.poll(() => made.t.notices.length).toBeGreaterThan(before);
      return made.t.notices[before]!;
    };
    return { ...made, id, tell };
  };

  it('STATUS and QUEUE show it, and STATUS of it asks again', async () => {
    const { id, tell } = await asked();
    const line = new RegExp(`❓ ${id} · app · x y · waits for your answer for \\d+ s`);
    for (const text of ['STATUS', 'QUEUE']) {
      const { title, body } = await tell(text);
      expect(title).toBe('0 running, 0 waiting, 1 for you to answer');
      expect(body).toMatch(line);
    }
    const one = await tell(`STATUS ${id}`);
    expect(one.title).toBe(`${id} is waiting for your answer`);
    expect(one.body).toMatch(/ANSWER q\w+ Run/);
    expect(one.actions).toHaveLength(2);
  });

  it('RETRY does not run it, CANCEL last ends it, and then it must be sent again', async () => {
    const { id, tell, t } = await asked();
    expect((await tell(`RETRY ${id}`)).title).toBe(`${id} waits for your answer`);
    expect(await tell('CANCEL last')).toMatchObject({
      title: `🛑 [${id}] cancelled before it began`,
      body: 'Not run: x y\nSend it again to have it done.',
    });
    expect(await tell(`RETRY ${id}`)).toMatchObject({
      title: `${id} was never queued`,
      body: 'Send the request itself again: x y',
    });
    await t.idle();
    expect((await t.jobs()).map(({ state }) => state)).toEqual(['cancelled']);
  });
});

it('knows its options, and no others', () => {
  const { options } = late().plugin;
  expect(options.parse({})).toEqual({ listening: 15 * MINUTE, away: 2 * HOUR, answerWithin: 12 * HOUR });
  for (const bad of [{ listening: -1 }, { away: '2h' }, { answerWithin: 0 }, { limit: 1 }]) {
    expect(options.safeParse(bad).success).toBe(false);
  }
});
