import { afterAll, beforeAll, expect, test } from 'vitest';
import { fetchText } from '../../../../src/transports/ntfy/read/fetch-text.ts';
import { NtfyFailure } from '../../../../src/transports/ntfy/server/failure.ts';
import { FakeNtfy } from '../../../support/fake-ntfy.ts';
import { until } from '../fixture.ts';

let fake: FakeNtfy;
beforeAll(async () => {
  fake = await FakeNtfy.start();
});
afterAll(() => fake.close());

const never = new AbortController().signal;
const download = (content: string) => {
  const { attachment } = fake.publishFile('ask', content) as unknown as { attachment: { url: string; size: number } };
  return { url: new URL(attachment.url), file: attachment, limit: 10_000 };
};

test('rule 12: a body that stalls does not outlive the time limit, and is tried again', async () => {
  fake.chaos.file = 'stall';
  const failure = await fetchText(fetch, { ...download('x'.repeat(5000)), within: 100 }, never).catch((error) => error);
  expect(failure).toBeInstanceOf(NtfyFailure);
  expect(failure).toMatchObject({ message: 'the server was too slow', permanent: false });
});

test('rule 12: a body that never ends is given up at the cap, and so is its connection', async () => {
  fake.chaos.file = 'endless';
  const failure = await fetchText(fetch, download('x'.repeat(5000)), never).catch((error) => error);
  expect(failure).toMatchObject({ message: 'it has more than 10,000 bytes', permanent: true });
  await until(async () => expect(await fake.connections()).toBe(0));
});

test('a server that is gone is no reason to give up', async () => {
  const there = download('x');
  const url = new URL(there.url.href.replace(/:\d+\//, ':1/'));
  const failure = await fetchText(fetch, { ...there, url }, never).catch((error) => error);
  expect(failure).toMatchObject({ permanent: false });
  expect(failure.message).toContain('cannot be reached');
});
