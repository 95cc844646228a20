import { describe, expect, test } from 'vitest';
import { cleaner } from '../../../src/pipeline/services/clean.ts';
import { CleanStream } from '../../../src/pipeline/services/clean-stream.ts';
import { createRedactor } from '../../../src/pipeline/services/redact.ts';
import { seeded } from '../../../torture/random.ts';
import { canaries, seenIn } from '../../support/canaries.ts';

const clean = cleaner(createRedactor([]));

function through(pieces: Iterable<string>): string {
  const stream = new CleanStream(clean);
  let done = '';
  for (const piece of pieces) done += stream.push(piece);
  return done + stream.end();
}

function* cut(text: string, length: () => number): Generator<string> {
  for (let at = 0; at < text.length; ) {
    const end = at + length();
    yield text.slice(at, end);
    at = end;
  }
}

describe('T9: a text that comes in pieces', () => {
  const random = seeded(7);
  const all = canaries(200, 3);
  const filler = (length: number) => 'what it says, word for word\n'.repeat(length / 28 + 1).slice(0, length);
  // So long that it is cleaned in several blocks, with a secret at each place where one could be cut.
  const text = all.map(({ text }) => `${filler(random.int(9_000))} ${text}\n`).join('');

  test('is cleaned as if it were one, wherever it is cut', () => {
    const whole = clean(text);
    expect(text.length).toBeGreaterThan(800_000);
    expect(seenIn(whole, all)).toEqual([]);
    for (const most of [10_000, 300_000]) {
      expect(through(cut(text, () => 1 + random.int(most))) === whole).toBe(true);
    }
  });

  test('lets no secret through whose lines are all one', () => {
    const line = text.replaceAll('\n', ' ');
    expect(seenIn(through(cut(line, () => 50_000)), all)).toEqual([]);
  });
});

test('T9: a private key that never ends is hidden to its end, and kept in mind no longer than a block', () => {
  const stream = new CleanStream(clean);
  let done = stream.push('before\n-----BEGIN PRIVATE KEY-----\n');
  for (let at = 0; at < 100; at++) done += stream.push(`${'QUJDREVGR0hJSktM'.repeat(4)}\n`.repeat(500));
  done += stream.end();
  expect(done).toMatch(/^before\n(?:\[redacted\])+$/);
});

test('what has no place to be cut at is let go all the same', () => {
  const stream = new CleanStream(clean);
  let done = 0;
  for (let at = 0; at < 40; at++) {
    done += stream.push('a'.repeat(100_000)).length;
    expect((at + 1) * 100_000 - done).toBeLessThan(1_500_000);
  }
  expect(done + stream.end().length).toBe(4_000_000);
});
