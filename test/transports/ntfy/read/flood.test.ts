// Anybody may send long texts, and nothing is verified before they are read: a flood of them must cost the person next to nothing.
import { setImmediate } from 'node:timers/promises';
import { isObservable, Subscription } from 'rxjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Logger } from '../../../../src/pipeline/services.ts';
import type { KeyedNotice } from '../../../../src/pipeline/store/job-store.ts';
import { messageReader, type ReaderParts, type Reading } from '../../../../src/transports/ntfy/read/read-message.ts';
import { Allowance } from '../../../../src/transports/ntfy/server/allowance.ts';
import { type NtfyEvent, parseEvent } from '../../../../src/transports/ntfy/server/events.ts';
import { NtfyFailure } from '../../../../src/transports/ntfy/server/failure.ts';
import { FakeNtfy } from '../../../support/fake-ntfy.ts';
import { bench, until } from '../fixture.ts';

const STRAY = 'x'.repeat(4_096);
const OWN = `CODE: mine ${'y'.repeat(4_096)}`;
const LIMITS = { dailyMessages: 250, burst: 50, refill: 50, progressInterval: 0, progressLimit: 6 };
const MINUTE = 60_000;

let fake: FakeNtfy;
let warnings: string[];
let announced: KeyedNotice[];
/** What was read, in the order of the end of each. */
let ends: { id: string; reading: Reading }[];
let ahead: number;
let waiting: Subscription;
let parts: ReaderParts;

beforeEach(async () => {
  fake = await FakeNtfy.start();
  waiting = new Subscription();
  [warnings, announced, ends, ahead] = [[], [], [], 0];
  const logger: Logger = {
    debug() {},
    info() {},
    warn: (message) => void warnings.push(message),
    error: (message) => void warnings.push(message),
    child: () => logger,
  };
  parts = {
    fetch,
    options: { baseUrl: fake.url, longestText: 20_000, backoffMax: 0.02 },
    clean: (text) => text,
    logger,
    announce: (notice) => void announced.push(notice),
    now: () => Date.now() + ahead,
  };
});
afterEach(() => {
  waiting.unsubscribe();
  return fake.close();
});

/** Hands long texts to one reader as they arrive. */
function arrivals(changed: Partial<ReaderParts> = {}) {
  const read = messageReader({ ...parts, ...changed });
  return (text: string, then: () => void = () => {}): string => {
    const event = parseEvent(JSON.stringify(fake.publishFile('ask', text))) as NtfyEvent;
    const reading = read(event);
    if (!isObservable(reading)) throw new Error('this is no long text');
    const subscription = reading.subscribe((end) => {
      ends.push({ id: event.id, reading: end });
      then();
    });
    waiting.add(subscription);
    return event.id;
  };
}
const isRead = (id: string) => ends.some((end) => end.id === id && end.reading.text !== '');
const left = () => ends.filter(({ reading }) => reading.unread);

test('T14: behind 150 stray long texts the person’s own is read soon, for one notice and two warnings', async () => {
  let time: number | undefined = Date.now();
  const allowance = new Allowance(LIMITS, () => time ?? Date.now());
  const arrive = arrivals({ meter: allowance });
  for (let i = 0; i < 45; i++) arrive(STRAY);
  // As much as may be asked at once.
  await until(() => expect(ends).toHaveLength(40));
  for (let i = 45; i < 150; i++) arrive(STRAY);
  const own = arrive(OWN);
  time = undefined;
  await until(() => expect(isRead(own)).toBe(true));
  const read = ends.filter(({ id }) => isRead(id));
  expect(read.findIndex(({ id }) => id === own)).toBeLessThan(40 + 3);
  expect(announced).toHaveLength(1);
  expect(warnings.length).toBeLessThanOrEqual(2);
});

test('T14: while Milton has asked the server for much, one of all that wait asks again', async () => {
  let asked = 0;
  const spend = () => {
    asked++;
    throw new NtfyFailure('Milton has asked this server for much', { retryAfter: 30_000 });
  };
  const arrive = arrivals({ meter: { spend, answered() {} } });
  for (let i = 0; i < 40; i++) arrive(STRAY);
  await setImmediate();
  arrive(OWN);
  await setImmediate();
  expect(asked).toBe(1);
  expect(fake.downloads).toEqual([]);
});

test('T14: the transport hears the person’s long text among 150 strays, and every one is delivered once', async () => {
  const b = await bench({ burst: 40, refill: 5 });
  try {
    const { texts, ids } = b.listen();
    await b.connected();
    for (let i = 0; i < 150; i++) b.fake.publishFile('ask', STRAY);
    b.fake.publishFile('ask', OWN);
    await until(() => expect(texts).toContain(OWN));
    await until(() => expect(ids).toHaveLength(151));
    expect(new Set(ids).size).toBe(151);
    expect(b.announced.size).toBeLessThanOrEqual(1);
  } finally {
    await b.end();
  }
});

test('T14: no more than 50 wait; the oldest is delivered as unread, at once and unasked for', async () => {
  fake.chaos.file = { status: 503 };
  const arrive = arrivals();
  const first = arrive(STRAY);
  await until(() => expect(fake.downloads.length).toBeGreaterThan(1));
  const next = Array.from({ length: 49 }, () => arrive(STRAY));
  expect(ends).toEqual([]);
  const own = arrive(OWN);
  expect(left()).toHaveLength(1);
  // Whichever is being read is not interrupted.
  expect([first, next[0]]).toContain(ends[0]?.id);
  expect(ends[0]?.reading).toEqual({
    text: '',
    unread: [{ name: 'attachment.txt', why: 'too many long messages came at once' }],
  });
  fake.chaos.file = undefined;
  await until(() => expect(ends).toHaveLength(51));
  expect(left()).toHaveLength(1);
  expect(isRead(own)).toBe(true);
});

test('T14: of all that wait one notice tells, once an hour', async () => {
  fake.chaos.file = { status: 503 };
  const arrive = arrivals();
  for (let i = 0; i < 30; i++) arrive(STRAY);
  const attempts = async (more: number) => {
    const { length } = fake.downloads;
    await until(() => expect(fake.downloads.length).toBeGreaterThan(length + more));
  };
  await attempts(35);
  expect(announced).toEqual([]);
  ahead = 2 * MINUTE;
  await attempts(35);
  expect(announced).toHaveLength(1);
  expect(announced[0]?.notice).toMatchObject({
    kind: 'final',
    body: '30 long messages have not been read yet: the server failed (503 "Service Unavailable"). Milton keeps trying; of more than 50 it leaves the oldest.',
  });
  expect(warnings).toHaveLength(1);
  ahead = 62 * MINUTE + 1;
  await attempts(35);
  expect(announced).toHaveLength(2);
  expect(new Set(announced.map(({ key }) => key)).size).toBe(2);
  expect(warnings).toHaveLength(2);
});

/** A server that for now may be asked once between two refusals, which is when the newest could be refused each time. */
function sparingMeter(): NonNullable<ReaderParts['meter']> {
  let asked = 0;
  return {
    spend() {
      if (asked++ % 2 === 0) throw new NtfyFailure('Milton has asked this server for much', { retryAfter: 1 });
    },
    answered() {},
  };
}

test('T14: a text that comes last is among the next two to be read', async () => {
  const arrive = arrivals({ meter: sparingMeter() });
  for (let i = 0; i < 40; i++) arrive(STRAY);
  await until(() => expect(ends.length).toBeGreaterThan(4));
  const before = ends.length;
  const own = arrive(OWN);
  await until(() => expect(isRead(own)).toBe(true));
  expect(ends.findIndex(({ id }) => id === own) - before).toBeLessThanOrEqual(2);
});

test('T14: a text in the middle of a flood is read, although another comes for each that is read', async () => {
  const arrive = arrivals({ meter: sparingMeter() });
  let coming = 60;
  const stray = () => {
    if (coming-- > 0) arrive(STRAY, stray);
  };
  for (let i = 0; i < 10; i++) stray();
  const own = arrive(OWN);
  for (let i = 0; i < 10; i++) stray();
  await until(() => expect(isRead(own)).toBe(true));
  expect(ends.findIndex(({ id }) => id === own)).toBeLessThanOrEqual(24);
  expect(left()).toEqual([]);
  await until(() => expect(ends).toHaveLength(61));
});

test('a few long texts are read in the order they came', async () => {
  const arrive = arrivals({ meter: sparingMeter() });
  const ids = Array.from({ length: 5 }, () => arrive(OWN));
  await until(() => expect(ends).toHaveLength(5));
  expect(ends.map(({ id }) => id)).toEqual(ids);
});
