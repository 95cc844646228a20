import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NtfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { type Bench, bench, until } from '../fixture.ts';

const HOUR = 3600;
let b: Bench;

beforeEach(() => start());
afterEach(async () => {
  vi.restoreAllMocks();
  await b.end();
});

async function start(more: Partial<NtfyOptions> = {}) {
  await b?.end();
  b = await bench(more);
}
const connected = () => b.connected();
const streams = () => b.fake.reads('stream');

/** Milton hears something and is then down while this many seconds pass for the server. */
async function downFor(seconds: number): Promise<void> {
  const before = b.listen();
  await connected();
  b.fake.publish('ask', 'before');
  await until(() => expect(before.texts).toEqual(['before']));
  before.stop();
  await until(() => expect(b.memory.get('cursor:ntfy')).toMatchObject({ heard: b.fake.cache[0]?.time }));
  b.fake.skew += seconds;
}

test('a message that comes at once is not late', async () => {
  b.fake.skew = -500_000;
  const { late } = b.listen();
  await connected();
  b.fake.publish('ask', 'now');
  await until(() => expect(late).toHaveLength(1));
  expect(late[0]?.missed).toBe(false);
  expect(late[0]?.ms).toBeLessThan(60_000);
});

test('rule 11: what was sent while Milton was down comes with how late it is, and as missed', async () => {
  await downFor(7 * HOUR);
  const { time } = b.fake.publish('ask', 'in between', { time: b.fake.time - 6 * HOUR });
  const after = b.listen(await b.again());
  await until(() => expect(after.texts).toContain('in between'));
  const late = after.late[after.texts.indexOf('in between')];
  expect(late?.missed).toBe(true);
  expect(Math.abs((late?.ms ?? 0) / 1000 - (b.fake.time - time))).toBeLessThan(60);
});

test('rule 11: what comes late from a time when Milton listened was not missed', async () => {
  await start({ reconcileInterval: 20 });
  b.fake.keepalive = 20;
  b.fake.skew = -500_000;
  const { texts, late } = b.listen();
  await connected();
  b.fake.skew += HOUR;
  // A keepalive has told the time.
  const { time } = b.fake;
  await until(() => expect((b.memory.get('cursor:ntfy') as { heard: number }).heard).toBeGreaterThanOrEqual(time));
  b.fake.publish('ask', 'scheduled, and late', { time: b.fake.time - HOUR / 2 });
  await until(() => expect(texts).toHaveLength(1));
  expect(late[0]?.missed).toBe(false);
  expect(late[0]?.ms).toBeGreaterThan((HOUR / 2 - 60) * 1000);
});

test('rule 11: what the cache brings while no connection can be had was missed', async () => {
  await start({ reconcileInterval: 30 });
  const { texts, late } = b.listen();
  await connected();
  b.fake.chaos.subscribe = { status: 503 };
  b.fake.drop();
  await until(() => expect(b.health.at(-1)?.state).toBe('reconnecting'));
  b.fake.publish('ask', 'only in the cache');
  await until(() => expect(texts).toEqual(['only in the cache']));
  expect(late[0]?.missed).toBe(true);
  expect(b.fake.streams).toBe(0);
});

test('the first start ever and the state of an older Milton know of no absence', async () => {
  b.fake.skew = -500_000;
  b.memory.set('cursor:ntfy', { first: b.fake.time - 2 * HOUR, settled: b.fake.time - HOUR });
  b.fake.publish('ask', 'meanwhile', { time: b.fake.time - HOUR / 2 });
  const { texts, late } = b.listen();
  await until(() => expect(texts).toEqual(['meanwhile']));
  expect(late[0]?.missed).toBe(false);
  expect(b.announced.size).toBe(0);
});

test('absences that cannot be read do not cost the cursor', async () => {
  b.memory.set('cursor:ntfy', { first: b.fake.time - HOUR, settled: b.fake.time - HOUR, heard: 'x', gaps: [{}] });
  b.fake.publish('ask', 'meanwhile', { time: b.fake.time - HOUR / 2 });
  const { texts } = b.listen();
  await until(() => expect(texts).toEqual(['meanwhile']));
});

test('an absence longer than the server keeps messages is told once, in plain words', async () => {
  await downFor(13 * HOUR);
  const milton = await b.again();
  b.listen(milton);
  await until(() => expect(milton.announced.size).toBe(1));
  const [[key, notice]] = [...milton.announced] as [[string, { title: string; body: string }]];
  expect(key).toBe(`gap-${b.fake.cache[0]?.time}`);
  expect(notice.title).toBe('💤 Milton was away');
  expect(notice.body).toMatch(
    /^Not listening from \w{3},? \d+ \w{3},? (at )?\d\d:\d\d to .*\. The server keeps messages for 12 h: what was sent before .* may be lost\. Send it again/,
  );
  b.fake.drop();
  await until(() => expect(streams()).toHaveLength(3));
  const last = await b.again();
  b.listen(last);
  await until(() => expect(streams()).toHaveLength(4));
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(2));
  expect([milton.announced.size, last.announced.size]).toEqual([1, 0]);
});

test('what the store does not take is announced with the next connection', async () => {
  await downFor(13 * HOUR);
  const milton = await b.again();
  const set = milton.announced.set.bind(milton.announced);
  milton.announced.set = () => {
    throw new Error('disk');
  };
  b.listen(milton);
  await until(() => expect(milton.log.join('\n')).toContain('"💤 Milton was away" was not queued: disk'));
  milton.announced.set = set;
  b.fake.drop();
  await until(() => expect(milton.announced.size).toBe(1));
});

test('a shorter absence is not told', async () => {
  await downFor(11 * HOUR);
  const { length } = b.fake.reads('poll');
  const milton = await b.again();
  b.listen(milton);
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(length));
  expect(milton.announced.size).toBe(0);
});

test('a machine that slept connects anew before it takes anything from the old connection', async () => {
  const { texts, late } = b.listen();
  await connected();
  b.clock.ahead += 8 * HOUR * 1000;
  b.fake.skew += 8 * HOUR;
  b.fake.publish('ask', 'sent at night', { time: b.fake.time - 4 * HOUR });
  await until(() => expect(texts).toEqual(['sent at night']));
  expect(streams()).toHaveLength(2);
  expect(late[0]?.missed).toBe(true);
  expect(Math.abs((late[0]?.ms ?? 0) - 4 * HOUR * 1000)).toBeLessThan(60_000);
  expect(b.health.some((state) => state.state === 'reconnecting' && /slept/.test(state.why))).toBe(true);
  await connected();
});

test('after a sleep nothing is taken from the cache before the server has told the time', async () => {
  await start({ reconcileInterval: 30 });
  const { texts, late } = b.listen();
  await connected();
  b.fake.chaos.subscribe = { status: 503 };
  b.clock.ahead += HOUR * 1000;
  b.fake.skew += HOUR;
  b.fake.publish('ask', 'sent in its sleep', { time: b.fake.time - HOUR / 2 });
  await until(() => expect(b.log.join('\n')).toContain('the time of the server is not known yet'));
  expect(texts).toEqual([]);
  b.fake.chaos.subscribe = undefined;
  await until(() => expect(texts).toEqual(['sent in its sleep']));
  expect(late[0]?.missed).toBe(true);
  expect(late[0]?.ms).toBeGreaterThan((HOUR / 2 - 3) * 1000);
});

test('after a sleep the polls go on where no stream can be had, since their answers tell the time', async () => {
  await start({ reconcileInterval: 30 });
  b.fake.dates = true;
  const { texts, late } = b.listen();
  await connected();
  b.fake.chaos.subscribe = { status: 503 };
  b.clock.ahead += HOUR * 1000;
  b.fake.skew += HOUR;
  b.fake.publish('ask', 'sent in its sleep', { time: b.fake.time - HOUR / 2 });
  await until(() => expect(texts).toEqual(['sent in its sleep']));
  expect(late[0]?.missed).toBe(true);
  expect(late[0]?.ms).toBeGreaterThan((HOUR / 2 - 3) * 1000);
});

test('who starts where no stream comes through finds what was sent meanwhile, with how late it is', async () => {
  await downFor(2 * HOUR);
  b.fake.dates = true;
  b.fake.publish('ask', 'while down', { time: b.fake.time - HOUR });
  b.fake.chaos.mute = true;
  const { texts, late } = b.listen(await b.again());
  await until(() => expect(texts).toContain('while down'));
  expect(late[texts.indexOf('while down')]?.missed).toBe(true);
  expect(late[texts.indexOf('while down')]?.ms).toBeGreaterThan((HOUR - 3) * 1000);
});

test('that nothing but keepalives came is kept, too', async () => {
  await start({ reconcileDelay: 3_600_000 });
  b.fake.keepalive = 15;
  b.listen();
  await connected();
  b.fake.skew += 100;
  const { time } = b.fake;
  await until(() => expect((b.memory.get('cursor:ntfy') as { heard: number }).heard).toBeGreaterThanOrEqual(time));
});

test('a machine that wakes up does not wait for what was planned before', async () => {
  b.fake.chaos.subscribe = { status: 401 };
  b.listen();
  await until(() => expect(streams()).toHaveLength(1));
  b.fake.chaos.subscribe = undefined;
  b.clock.ahead -= 60_000;
  await connected();
});

test('a clock that jumps all the time is no reason to hammer the server', async () => {
  await start({ backoffMax: 60 });
  vi.spyOn(Math, 'random').mockReturnValue(1);
  const { texts } = b.listen();
  await connected();
  b.clock.ahead += 60_000;
  b.fake.publish('ask', 'one');
  await until(() => expect(streams()).toHaveLength(2));
  // The first time it was heeded at once, without a pause.
  expect(b.log.join('\n')).not.toContain('not listening');
  await connected();
  await until(() => expect(texts).toEqual(['one']));
  b.clock.ahead -= 60_000;
  b.fake.publish('ask', 'two');
  await until(() => expect(b.log.join('\n')).toMatch(/not listening: this machine slept, or its clock was set/));
});
