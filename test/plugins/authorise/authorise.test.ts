import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import type { InlineHandler, PipelineEntry } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { type KeySet, Keys } from '../../../src/pipeline/services/keys/keys.ts';
import { proveReply } from '../../../src/pipeline/services/keys/reply-proof.ts';
import { Clock } from '../../../src/pipeline/services.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { authorise } from '../../../src/plugins/authorise/authorise.ts';
import { sign } from '../../../src/plugins/authorise/signature.ts';
import { codeAt } from '../../../src/plugins/authorise/totp.ts';
import { dedupe } from '../../../src/plugins/dedupe.ts';
import { type Trial, type TrialOptions, trial } from '../../../src/testing/trial.ts';

const [KEY, OLD, REPLIES] = ['k', 'o', 'r'].map((letter) => letter.repeat(43)) as [string, string, string];
const TOTP = 'JBSWY3DPEHPK3PXP';
const NOW = Date.parse('2026-11-26T10:00:00Z');
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const iso = (ms: number) => new Date(ms).toISOString();

const work: InlineHandler = function work(run) {
  run.conclude({ outcome: 'done', notice: { title: `did ${run.message.text}` } });
};

/** A Milton behind a public server, whose clock stands; returns what happened to whatever is sent. */
async function start(options: Parameters<typeof authorise>[0] = {}, more: TrialOptions & { keys?: KeySet } = {}) {
  const time = { now: NOW };
  const held = { keys: more.keys ?? { signing: [KEY, OLD], replies: [REPLIES], totp: TOTP } };
  const services = [
    bind(Clock, () => ({ now: () => time.now })),
    bind(Keys, () => ({ current: () => held.keys })),
    ...(more.services ?? []),
  ];
  const pipeline: PipelineEntry[] = [dedupe(), authorise(options), queue(), work];
  const t = await trial(pipeline, { exposure: 'public', ...more, services });
  onTestFinished(() => t.stop());
  const send = async (text: string, at = time.now) => {
    t.send(text, { at: iso(at), id: `phone:${text.length}:${Math.random()}` });
    await t.idle();
  };
  const done = () => t.said.filter((line) => line.startsWith('did ')).map((line) => line.slice(4));
  return { t, time, held, send, done };
}

const signed = (text: string, at = NOW, key = KEY) => sign(text, key, { at: iso(at) });
const refusals = ({ said }: Trial) => said.filter((line) => line.startsWith('🚫'));

describe('mode signed', () => {
  it('is what counts on a server that strangers can reach: a signed message runs, without its signature', async () => {
    const { t, send, done } = await start();
    await send(signed('CODE: one'));
    await send(sign('CODE: two', OLD, { at: iso(NOW), scheme: 'm1h' }));
    expect(done()).toEqual(['CODE: one', 'CODE: two']);
    expect((await t.jobs()).map(({ message }) => message.text)).toEqual(['CODE: one', 'CODE: two']);
    expect(refusals(t)).toEqual([]);
  });

  it('T1: executes none of 10,000 messages that only come near a signed one', async () => {
    const { t, done } = await start();
    const wire = signed('CODE: one');
    const letters = [...wire];
    const near = (i: number): string => {
      const at = (i * 7919) % letters.length;
      switch (i % 5) {
        case 0: // One character is another.
          return letters.map((each, k) => (k === at ? (each === 'a' ? 'b' : 'a') : each)).join('');
        case 1: // One is missing.
          return letters.toSpliced(at, 1).join('');
        case 2: // One more.
          return letters.toSpliced(at, 0, '0').join('');
        case 3: // Another key.
          return signed(`CODE: ${i}`, NOW, `${KEY.slice(1)}${i % 10}`);
        default: // Another text above the same signature.
          return `CODE: ${i}\n${wire.split('\n').at(-1)}`;
      }
    };
    for (let i = 0; i < 10_000; i++) if (near(i) !== wire) t.send(near(i), { at: iso(NOW) });
    await t.idle(60_000);
    expect([done(), await t.jobs()]).toEqual([[], []]);
    expect(refusals(t)).toHaveLength(1);
  });

  it('T2: runs what is sent again a thousand times once, also after a restart', async () => {
    const store = memoryStore();
    const wire = signed('CODE: one');
    for (let life = 0; life < 3; life++) {
      const t = await trial([dedupe(), authorise(), queue(), work], {
        exposure: 'public',
        store,
        services: [
          bind(Clock, () => ({ now: () => NOW })),
          bind(Keys, () => ({ current: () => ({ signing: [KEY] }) })),
        ],
      });
      for (let i = 0; i < 334; i++) t.send(wire, { at: iso(NOW), id: `again:${life}:${i}` });
      await t.idle(20_000);
      await t.stop();
    }
    expect(await store.list()).toHaveLength(1);
    await store.close();
  });

  it('T3: asks its own clock how old a signature is, whatever time the server claims', async () => {
    const { t, send, done } = await start();
    const old = NOW - 13 * HOUR;
    await send(signed('CODE: old', old), old);
    expect(done()).toEqual([]);
    expect(t.said.at(-1)).toMatch(/Not carried out.*signed 13 h ago.*Nothing was run.*CODE: old/s);
  });

  it.each([
    ['was scheduled', -5 * MINUTE - SECOND, /signed 5 min before it was sent. Scheduled/],
    ['comes from a clock that is ahead', 5 * MINUTE + SECOND, /after it was sent: set the clock/],
  ])('answers what %s, once', async (_what, apart, answer) => {
    const { t, send, done } = await start();
    const wire = signed('CODE: x', NOW + apart);
    await send(wire);
    await send(wire);
    expect(done()).toEqual([]);
    expect(t.said).toEqual([expect.stringMatching(answer)]);
  });

  it('T3: what is signed for next year counts neither now nor then', async () => {
    const { t, send, done } = await start();
    const ahead = NOW + 300 * 24 * HOUR;
    await send(signed('CODE: x', ahead), ahead);
    expect([done(), t.said.at(-1)]).toEqual([[], expect.stringMatching(/ahead of this machine's clock/)]);
  });

  it('a copy that was held back does not use up the signature of what comes in time', async () => {
    const { t, send, done } = await start();
    const wire = signed('CODE: one');
    await send(wire, NOW + 7 * MINUTE);
    await send(wire);
    await send(wire, NOW + 7 * MINUTE);
    expect(done()).toEqual(['CODE: one']);
    expect(t.said.filter((line) => line.includes('Scheduled'))).toHaveLength(1);
  });

  it('tells of a long text that the server no longer has', async () => {
    const { t } = await start();
    t.send('', { at: iso(NOW), unread: [{ name: 'attachment.txt', why: 'the server no longer has it' }] });
    await t.idle();
    expect(refusals(t)[0]).toMatch(/1 with a long text that the server no longer has/);
  });

  it('T14: what was sent over a night is no flood when it comes at once', async () => {
    const { time, send, done } = await start({ perMinute: 2 });
    time.now = NOW + 8 * HOUR;
    for (let i = 0; i < 9; i++) await send(signed(`CODE: ${i}`, NOW + i * 0.8 * HOUR), NOW + i * 0.8 * HOUR);
    expect(done()).toHaveLength(9);
  });

  it('T14: in whatever order what was sent comes', async () => {
    const { time, send, done } = await start({ perMinute: 2 });
    time.now = NOW + HOUR;
    await send(signed('CODE: live', time.now));
    for (let i = 0; i < 9; i++) await send(signed(`CODE: ${i}`, NOW + i * MINUTE), NOW + i * MINUTE);
    expect(done()).toHaveLength(10);
  });

  it('answers a date that it cannot read', async () => {
    const { t, send } = await start();
    await send(sign('CODE: x', KEY, { at: '26.11.2026-10:00' }));
    expect(t.said.join()).toMatch(/"26.11.2026-10:00" is no date/);
  });

  it('T18: a key that was replaced twice counts no longer, from the next message on', async () => {
    const { held, send, done } = await start();
    held.keys = { signing: ['n'.repeat(43), KEY] };
    await send(signed('CODE: one'));
    held.keys = { signing: ['m'.repeat(43), 'n'.repeat(43)] };
    await send(signed('CODE: two'));
    expect(done()).toEqual(['CODE: one']);
  });

  it('T18: what was held while its key was replaced is not run, and its person is told', async () => {
    const ask: InlineHandler = async function ask(run, next) {
      await run.ask('go', { title: 'Run it?', choices: ['yes', 'no'], timeout: HOUR, onTimeout: 'no' });
      await next();
    };
    const held = { keys: { signing: [KEY] } };
    const t = await trial([dedupe(), authorise(), ask, queue(), work], {
      exposure: 'public',
      services: [bind(Clock, () => ({ now: () => NOW })), bind(Keys, () => ({ current: () => held.keys }))],
    });
    onTestFinished(() => t.stop());
    t.send(signed('CODE: one'), { at: iso(NOW) });
    await expect.poll(async () => (await t.jobs()).map(({ state }) => state)).toEqual(['held']);
    held.keys = { signing: [OLD] };
    await t.answer('yes');
    await t.idle();
    expect(t.said.at(-1)).toMatch(/not run.*no longer accepted/s);
    expect((await t.jobs()).map(({ state }) => state)).toEqual(['failed']);
  });

  it('counts what is not signed, and tells of it at most once an hour, also over a restart', async () => {
    const store = memoryStore();
    onTestFinished(() => store.close());
    const first = await start({}, { store });
    await first.send('CODE: x');
    for (let i = 0; i < 50; i++) await first.send(`CODE: ${i}`);
    expect(refusals(first.t)).toEqual([expect.stringMatching(/A message was not accepted.*1 without a signature/s)]);
    await first.t.stop();
    const second = await start({}, { store });
    await second.send('CODE: y', NOW + SECOND);
    expect(refusals(second.t)).toEqual([]);
    second.time.now += HOUR;
    await second.send('CODE: z');
    await second.send(signed('CODE: w', NOW, 'q'.repeat(43)));
    expect(refusals(second.t)).toEqual([expect.stringMatching(/2 messages were not accepted.*2 without a signature/s)]);
  });

  it('tells of what came meanwhile when the hour is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const time = { now: NOW };
    const { Refusals } = await import('../../../src/plugins/authorise/refusals.ts');
    const store = memoryStore();
    onTestFinished(() => store.close());
    const refused = new Refusals('phone', {
      ...{ store: () => store, clock: { now: () => time.now }, every: HOUR, name: 'refused' },
      logger: { debug() {}, info() {}, warn() {}, error() {}, child: () => null as never },
    });
    const message = (id: string) => ({ id, transport: 'phone', text: '', at: iso(NOW) });
    await refused.add(message('1'), 'unsigned');
    await refused.add(message('2'), 'forged');
    await refused.add(message('2'), 'forged');
    await refused.add(message('3'), 'unsigned');
    const told = async () => (await store.unsent('phone', 9)).map(({ notice }) => notice.title);
    expect(await told()).toEqual(['🚫 A message was not accepted']);
    time.now += HOUR;
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(await told()).toEqual(['🚫 A message was not accepted', '🚫 2 messages were not accepted']);
  });

  it('leaves no trace of a stranger in the store', async () => {
    const { t, send } = await start();
    await send('CODE: x');
    expect([await t.jobs(), await t.store.seen('phone:1')]).toEqual([[], false]);
  });

  it('T14: takes so many messages within a minute, tells of the others, and never runs them later', async () => {
    const { t, time, send, done } = await start({ perMinute: 2 });
    const third = signed('CODE: three');
    for (const wire of [signed('CODE: one'), signed('CODE: two'), third, signed('CODE: four')]) await send(wire);
    expect(done()).toEqual(['CODE: one', 'CODE: two']);
    expect(refusals(t)).toEqual([expect.stringMatching(/more than are taken within a minute.*more slowly/s)]);
    time.now += MINUTE;
    await send(third);
    await send(signed('CODE: five', time.now));
    expect(done()).toEqual(['CODE: one', 'CODE: two', 'CODE: five']);
  });
});

describe('a button', () => {
  it('T5: counts once, for its own text, until its time is over', async () => {
    const { t, time, send, done } = await start();
    const retry = proveReply('RETRY req_k4m2xa', NOW + MINUTE, REPLIES);
    await send(retry);
    expect(done()).toEqual(['RETRY req_k4m2xa']);
    await send(retry);
    expect(t.said.at(-1)).toMatch(/That button was used already.*Nothing was run/s);
    const said = t.said.length;
    for (let i = 0; i < 20; i++) await send(retry);
    expect(t.said).toHaveLength(said);
    await send(proveReply('RETRY req_k4m2xb', NOW + MINUTE, REPLIES).replace('m2xb', 'm2xc'));
    const late = proveReply('RETRY req_k4m2xd', NOW + MINUTE, REPLIES);
    time.now += 2 * MINUTE;
    await send(late, NOW);
    expect(t.said.at(-1)).toMatch(/That button is too old/);
    expect(done()).toEqual(['RETRY req_k4m2xa']);
  });
});

describe('a link that the Shortcut was handed over', () => {
  const offered = (reply: string, until = NOW + MINUTE) => proveReply(reply, until, REPLIES, 'link');

  it('T5: counts once it is signed, and is nothing without the signature', async () => {
    const { t, send, done } = await start();
    const link = offered('APPROVE k4m2xa');
    await send(link);
    await send(`TAP\n${link}`);
    expect(done()).toEqual([]);
    await send(signed(`TAP\n${link}`));
    expect(done()).toEqual(['APPROVE k4m2xa']);
    await send(signed(`TAP\n${link}`, NOW + SECOND));
    expect(t.said.at(-1)).toMatch(/used already/);
  });

  it.each([
    ['a request that a forged notice hands over', 'TAP\nCODE: run evil', /no notice of Milton has offered/],
    ['the same, marked in other letters', 'Tap \nCODE: run evil', /no notice of Milton has offered/],
    [
      'what was offered, with other words',
      `TAP\n${offered('APPROVE k4m2xa').replace('k4m2xa', 'k4m2xb')}`,
      /has offered/,
    ],
    ['what a tap would send', `TAP\n${proveReply('APPROVE k4m2xa', NOW + MINUTE, REPLIES)}`, /has offered/],
    ['what is too old', `TAP\n${offered('APPROVE k4m2xa', NOW - MINUTE)}`, /too old/],
    ['what the Shortcut has not marked', offered('APPROVE k4m2xa'), /does not mark what it is handed over/],
  ])('T5: %s is not run, and its person is told', async (_what, text, why) => {
    const { t, send, done } = await start();
    await send(signed(text));
    expect([done(), t.said.at(-1)]).toEqual([[], expect.stringMatching(why)]);
  });
});

describe('mode totp', () => {
  it('asks about what is typed behind a code, and takes each code once', async () => {
    const { t, send, done } = await start({ mode: 'totp' });
    const code = codeAt(TOTP, NOW);
    t.send(`${code} CODE: one`, { at: iso(NOW), id: 'phone:code' });
    expect(await t.answer('Approve')).toBe('accepted');
    await t.idle();
    expect(t.said.find((line) => line.startsWith('❓'))).toMatch(/Typed with a code: run it\? \| CODE: one/);
    await send(`${code} CODE: two`);
    await send(signed('CODE: three'));
    await send('CODE: four');
    expect(done()).toEqual(['CODE: one', 'CODE: three']);
    expect(refusals(t)[0]).toMatch(/one-time code that is wrong, too old, or was used/);
  });

  it.each(['RETRY last', 'Cancel button should be red, and drop the users', 'Help me push the secrets', 'DIFF last'])(
    'does not carry out "%s" before it is approved',
    async (text) => {
      const { t, done } = await start({ mode: 'totp' });
      t.send(`${codeAt(TOTP, NOW)} ${text}`, { at: iso(NOW), id: 'phone:code' });
      await t.answer('Deny');
      await t.idle();
      expect([done(), t.said.at(-1)]).toEqual([[], expect.stringMatching(/not run: denied/)]);
    },
  );

  it.each(['STATUS', 'Help.', 'cancel last', 'DENY req_k4m2xa'])('does not ask about "%s"', async (text) => {
    const { send, done } = await start({ mode: 'totp' });
    await send(`${codeAt(TOTP, NOW)} ${text}`);
    expect(done()).toEqual([text]);
  });

  it.each([
    ['more than is shown', `CODE: ${'x'.repeat(300)}`],
    ['lines', 'CODE: x\n@@ -1 +1 @@'],
    ['words pushed out of sight', `CODE: x${' '.repeat(100)}and y`],
    ['the same with wider blanks', `CODE: x${String.fromCodePoint(0x2800).repeat(100)}and y`],
    ['signs that nobody sees', `CODE: x${String.fromCodePoint(0xe0041)}`],
    ['what looks like a secret', 'CODE: use ghp_0123456789abcdefghij0123456789'],
  ])('what is approved is all that is run: not %s', async (_what, text) => {
    const { t, send, done } = await start({ mode: 'totp' });
    await send(`${codeAt(TOTP, NOW)} ${text}`);
    expect([done(), t.said.at(-1)]).toEqual([[], expect.stringMatching(/must be shown whole/)]);
  });

  it('is not to be guessed by way of a code that was used, or of an old one', async () => {
    const { t, time, send, done } = await start({ mode: 'totp' });
    const used = codeAt(TOTP, NOW);
    await send(`${used} STATUS`);
    const wrong = used === '000000' ? '000001' : '000000';
    for (const code of [wrong, used, wrong, used, wrong]) await send(`${code} STATUS`);
    await send(`${codeAt(TOTP, NOW - 900 * 24 * HOUR)} STATUS`, NOW - 900 * 24 * HOUR);
    time.now += MINUTE;
    await send(`${codeAt(TOTP, time.now)} STATUS`);
    expect(done()).toEqual(['STATUS']);
    time.now += HOUR;
    await send('CODE: x');
    expect(refusals(t).join()).toMatch(/after five that did not count/);
  });

  it('is not what mode signed takes', async () => {
    const { send, done } = await start();
    await send(`${codeAt(TOTP, NOW)} STATUS`);
    expect(done()).toEqual([]);
  });
});

describe('mode acl', () => {
  const server = (write: boolean | undefined) => {
    const may = { write };
    return { may, strangers: { mayRead: async () => may.write, mayWrite: async () => may.write } };
  };

  it('takes everything while the server keeps strangers out', async () => {
    const { may, strangers } = server(false);
    const { t, send, done } = await start({ mode: 'acl' }, { strangers });
    await send('CODE: one');
    may.write = true;
    t.send('CODE: two', { at: iso(NOW), id: 'phone:two' });
    await t.idle();
    may.write = undefined;
    await send('CODE: three');
    await send(signed('CODE: four'));
    // Read again from the server's cache, which is closed again, it stays refused.
    may.write = false;
    t.send('CODE: two', { at: iso(NOW), id: 'phone:two' });
    await t.idle();
    expect(done()).toEqual(['CODE: one', 'CODE: four']);
    expect(refusals(t)[0]).toMatch(/lets strangers write/);
  });

  it('does not start where it does not', async () => {
    await expect(start({ mode: 'acl' }, { strangers: server(true).strangers })).rejects.toThrow(/lets strangers write/);
    await expect(start({ mode: 'acl' })).rejects.toThrow(/lets strangers write/);
  });
});

describe('mode pairing', () => {
  const waiting = async (t: Trial) => (await t.jobs()).filter(({ state }) => state === 'held');

  async function decide(t: Trial, choice: string, from?: 'machine') {
    const [job] = await waiting(t);
    const [question] = await t.store.questions(job!.id);
    const results: unknown[] = [];
    const message = { id: `decide:${Math.random()}`, transport: 'phone', text: '', at: iso(NOW) };
    const reply = (result: unknown) => {
      results.push(result);
      return undefined;
    };
    const effect = { do: 'answer', question: question!.id, choice, reply, ...(from ? { from } : {}) } as const;
    await t.store.accept({ run: message.id, message, seen: [message.id], effects: [effect], notices: [] });
    return results[0];
  }

  it('has the machine, not the phone, decide on what is not signed; three wait at most', async () => {
    const { t, done } = await start({ mode: 'pairing' });
    for (const text of ['CODE: one', 'CODE: two', 'CODE: three', 'CODE: four']) t.send(text, { at: iso(NOW) });
    await expect.poll(() => t.settled.length).toBe(4);
    expect(await waiting(t)).toHaveLength(3);
    expect(await decide(t, 'Approve')).toBe('machine');
    expect(await decide(t, 'Approve', 'machine')).toBe('accepted');
    await expect.poll(done).toEqual(['CODE: one']);
    expect(await decide(t, 'Deny')).toBe('accepted');
    await expect.poll(() => t.said.join()).toMatch(/not run: denied/);
    expect(await decide(t, 'Deny', 'machine')).toBe('accepted');
    await t.idle();
    expect(done()).toEqual(['CODE: one']);
    expect(refusals(t)[0]).toMatch(/while too many others wait/);
  });

  it('lets what is signed pass at once', async () => {
    const { send, done } = await start({ mode: 'pairing' });
    await send(signed('CODE: one'));
    expect(done()).toEqual(['CODE: one']);
  });
});

describe('where no stranger can write', () => {
  it.each(['local', 'loopback'] as const)(
    'every message counts (%s), and a signature is taken off',
    async (exposure) => {
      const { send, done } = await start({}, { exposure, keys: { signing: [] } });
      await send('CODE: one');
      await send(signed('CODE: two', NOW, 'another key'));
      await send(proveReply('CODE: three', NOW, 'another key'));
      expect(done()).toEqual(['CODE: one', 'CODE: two', 'CODE: three']);
    },
  );

  it('whoever has made a key wants it used on this machine’s server, which others may reach through a proxy', async () => {
    const { send, done } = await start({}, { exposure: 'loopback' });
    await send('CODE: one');
    await send(signed('CODE: two'));
    expect(done()).toEqual(['CODE: two']);
  });

  it('signed can be asked for', async () => {
    const { send, done } = await start({ mode: 'signed' }, { exposure: 'loopback' });
    await send('CODE: one');
    await send(signed('CODE: two'));
    expect(done()).toEqual(['CODE: two']);
  });
});

describe('at the start', () => {
  it.each<[string, Parameters<typeof authorise>[0], TrialOptions & { keys?: KeySet }, RegExp]>([
    ['signed without a key', {}, { keys: { signing: [] } }, /no key yet.*milton keys new/s],
    [
      'signed on this machine without a key',
      { mode: 'signed' },
      { exposure: 'loopback', keys: { signing: [] } },
      /no key/,
    ],
    ['codes without a secret', { mode: 'totp' }, { keys: { signing: [KEY] } }, /milton keys totp/],
    ['open on a public server', { mode: 'open' }, {}, /runs whatever anyone.*milton keys new/s],
  ])('%s is refused, with what to do', async (_what, options, more, message) => {
    await expect(start(options, more)).rejects.toThrow(message);
  });

  it('MILTON_ALLOW_UNSIGNED lets everybody in, with a warning', async () => {
    const { t, send, done } = await start({}, { variables: { MILTON_ALLOW_UNSIGNED: true } });
    await send('CODE: one');
    expect(done()).toEqual(['CODE: one']);
    expect(t.log.filter(({ level }) => level === 'warn').map(({ message }) => message)).toEqual([
      expect.stringContaining('anyone who knows the topic'),
    ]);
  });

  it('it is a step that decides who may start work', () => expect(authorise().plugin.authorises).toBe(true));
});

describe('keys that cannot be read', () => {
  it('let nothing pass, and the person is told once', async () => {
    const broken = { calls: 0 };
    const keys = {
      current(): KeySet {
        if (broken.calls++ > 0) throw new MiltonError('KEYS_UNSAFE', 'The keys are not used.');
        return { signing: [KEY] };
      },
    };
    const { t, send, done } = await start({}, { services: [bind(Keys, () => keys)] });
    for (let i = 0; i < 5; i++) await send(signed(`CODE: ${i}`));
    expect([done(), t.notices.length]).toEqual([[], 1]);
    expect(refusals(t)).toEqual([expect.stringMatching(/1 while the keys cannot be read: run "milton keys show"/)]);
  });
});
