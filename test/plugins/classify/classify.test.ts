import { describe, expect, it } from 'vitest';
import { type Agent, Agents } from '../../../src/pipeline/agent.ts';
import type { Message } from '../../../src/pipeline/message.ts';
import { lane, understood } from '../../../src/pipeline/queue.ts';
import { Repositories, type Repository } from '../../../src/pipeline/services.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { command, verdict } from '../../../src/plugins/slots.ts';
import { given, startStep } from '../../support/fake-intake.ts';

const app: Repository = { name: 'app', path: '/repos/app', agent: undefined };
const api: Repository = { name: 'api', path: '/repos/api', agent: 'codex' };

function start(options: Parameters<typeof classify>[0] = {}, repositories = [app, api], agents = ['claude', 'codex']) {
  const services = [
    given(Repositories, repositories),
    given(
      Agents,
      agents.map((name) => ({ name }) as Agent),
    ),
  ];
  const send = startStep(classify(options), { services });
  return async (text: string, topic?: string, unread?: Message['unread']) => {
    const outcome = await send({ text, ...(topic === undefined ? {} : { topic }), ...(unread ? { unread } : {}) });
    return { ...outcome, verdict: outcome.slot(verdict), lane: outcome.slot(lane), command: outcome.slot(command) };
  };
}

describe('requests', () => {
  it('takes the first repository and its agent unless the message names others', async () => {
    const send = start();
    expect((await send('CODE: add a login')).verdict).toEqual({
      kind: 'CODE',
      text: 'add a login',
      repository: 'app',
      agent: 'claude',
    });
    expect((await send('CODE @api: x y')).verdict).toMatchObject({ repository: 'api', agent: 'codex' });
    expect((await send('CODE @api @claude: x y')).verdict).toMatchObject({ repository: 'api', agent: 'claude' });
  });

  it('gives RESEARCH a lane of its own', async () => {
    const send = start();
    expect((await send('CODE @api: x y')).lane).toBe('api');
    expect((await send('RESEARCH @api: x y')).lane).toBe('api research');
  });

  it('passes a request on silently', async () => {
    expect(await start()('CODE: x')).toMatchObject({ passedOn: true, notices: [], command: undefined });
  });

  it('takes messages on the topic of an agent as CODE for it', async () => {
    const send = start({ claudeTopic: 'c', codexTopic: 'x', default: 'ask' });
    expect((await send('add a login', 'x')).verdict).toMatchObject({
      kind: 'CODE',
      agent: 'codex',
      text: 'add a login',
    });
    expect((await send('CODE @api: add it', 'c')).verdict).toMatchObject({ repository: 'api', agent: 'claude' });
    expect((await send('RESEARCH: how?', 'x')).verdict).toMatchObject({ kind: 'RESEARCH', agent: 'codex' });
    expect((await send('CLAUDE: add it', 'x')).verdict).toMatchObject({ agent: 'claude' });
    expect((await send('status', 'x')).command).toEqual({ name: 'STATUS', argument: '' });
    expect((await send('add a login', 'other')).notices).toHaveLength(1);
  });

  it('says in one line what was understood, with the agent where it is not the usual one', async () => {
    const send = start({ codexTopic: 'x' });
    const told = async (text: string, topic?: string) => (await send(text, topic)).slot<string>(understood);
    expect(await told('code colon add\n a login page')).toBe('CODE · app · add a login page');
    expect(await told('CODE @api: add a login page')).toBe('CODE · api · add a login page');
    expect(await told('RESEARCH @api @claude: how?')).toBe('RESEARCH · api · claude · how?');
    expect(await told('add a login page', 'x')).toBe('CODE · app · codex · add a login page');
    expect((await told(`CODE: ${'long '.repeat(500)}`))!.length).toBeLessThan(130);
    expect(await told('STATUS')).toBeUndefined();
  });
});

describe('messages without a prefix', () => {
  it.each(['CODE', 'RESEARCH'] as const)('are %s where the configuration says so', async (kind) => {
    expect((await start({ default: kind })('add a login')).verdict).toMatchObject({ kind, text: 'add a login' });
  });

  it('are CODE at first', async () => expect((await start()('add a login')).verdict).toMatchObject({ kind: 'CODE' }));

  it('are answered with the question which one, where the configuration says `ask`', async () => {
    const outcome = await start({ default: 'ask' })(`add a login ${'x'.repeat(100)}`);
    expect(outcome).toMatchObject({ passedOn: false, verdict: undefined });
    expect(outcome.notices[0]).toMatchObject({ title: 'CODE or RESEARCH?', kind: 'final' });
    expect(outcome.notices[0]!.body).toContain('"CODE: add a login xxx');
  });
});

describe('what is answered instead of run', () => {
  it.each([
    ['CODE @nosuch: add a login', /nosuch/, /Repositories: app, api\. Agents: claude, codex\./],
    ['CODE @app @api: add a login', /app or api/, /Nothing was run.*@app.*@api/],
    ['CODE:', /CODE needs a request/, /CODE: add a login page/],
    ['RESEARCH:', /RESEARCH needs a request/, /RESEARCH: how/],
    ['', /empty/, /CODE: add a login page/],
    ['CANCLE k4m2xa', /^Did you mean: CANCEL k4m2xa$/, /nothing was run/i],
    ['RESEACH: how?', /^Did you mean: RESEARCH: how\?$/, /nothing was run.*\nRESEARCH: how\?$/is],
    [`RESEACH: ${'how '.repeat(500)}`, /^Did you mean: RESEARCH: how .{20,40}…$/, /how how$/],
    ['ok', /"ok" is not/, /HELP/],
  ])('%j', async (text, title, body) => {
    const outcome = await start()(text);
    expect(outcome).toMatchObject({ passedOn: false, verdict: undefined, command: undefined });
    expect(outcome.notices).toEqual([
      { kind: 'final', title: expect.stringMatching(title), body: expect.stringMatching(body) },
    ]);
  });
});

it('hands a command on without a verdict', async () => {
  expect(await start()('CANCEL last')).toMatchObject({
    passedOn: true,
    verdict: undefined,
    lane: undefined,
    command: { name: 'CANCEL', argument: 'last' },
  });
});

describe('set-up', () => {
  it.each([
    ['CODEX_TOPIC', { codexTopic: 'x' }, ['claude']],
    ['CLAUDE_TOPIC', { claudeTopic: 'x' }, ['codex', 'claude-fast']],
  ])('refuses %s without its agent', (variable, options, agents) => {
    expect(() => start(options, [app], agents)).toThrowError(
      expect.objectContaining({
        code: 'UNKNOWN_AGENT',
        message: expect.stringContaining(variable),
        hint: expect.stringContaining(variable),
      }),
    );
  });

  it('does not repeat what is said of the configuration already', () => {
    expect(() => start({ claudeTopic: '', codexTopic: '' }, [], [])).not.toThrow();
    expect(() => start({}, [api], ['claude'])).not.toThrow();
  });
});

it('says why it has not read a file that came alone, and that nothing was started', async () => {
  const unread = [{ name: 'IMG_1.png', why: 'it is no text' }];
  expect((await start()('', undefined, unread)).notices).toEqual([
    {
      title: 'Not read: IMG_1.png, because it is no text',
      body: 'Nothing was started. Send what you want as text: "CODE: add a login page".',
      kind: 'final',
    },
  ]);
  expect((await start()('CODE:', undefined, unread)).notices[0]!.title).toBe('CODE needs a request after it');
  expect((await start()('CODE: x', undefined, unread)).passedOn).toBe(true);
});
