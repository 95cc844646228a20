import { expect, test } from 'vitest';
import { z } from 'zod';
import { LineSplitter } from '../../../../src/transports/line-splitter.ts';
import { parseEvent, textOf } from '../../../../src/transports/ntfy/server/events.ts';
import fc from '../../../support/property.ts';

/** What `parseEvent` promises, as a schema says it. */
const text = z.string().optional().catch(undefined);
const integer = z.int().optional().catch(undefined);
const schema = z.object({
  id: z.string().min(1),
  time: z.number().min(0).max(8_640_000_000_000).transform(Math.floor),
  event: z.string(),
  topic: text,
  message: text,
  tags: z
    .array(z.unknown())
    .transform((tags) => tags.filter((tag) => typeof tag === 'string'))
    .optional()
    .catch(undefined),
  attachment: z
    .object({ name: text, type: text, size: integer, expires: integer, url: text })
    .optional()
    .catch(undefined),
  encoding: text,
});

const good = { id: 'CTxqgXjFNWhd', time: 1_795_407_137, event: 'message' };

const value = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, '', -1, 1e300, 8_640_000_000_000, 8_640_000_000_001, 2 ** 53, 1.5, [], {}),
  fc.array(fc.oneof(fc.string(), fc.integer()), { maxLength: 3 }),
);
const file = fc.record(
  { name: value, type: value, size: value, expires: value, url: value, more: value },
  { requiredKeys: [] },
);
const fields = {
  id: fc.oneof(fc.string(), value),
  time: fc.oneof(fc.nat(), value),
  event: fc.oneof(fc.constantFrom('open', 'message'), value),
  topic: value,
  title: value,
  message: value,
  priority: value,
  tags: fc.oneof(fc.array(fc.string()), value),
  sequence_id: value,
  attachment: fc.oneof(file, value),
  encoding: value,
  actions: value,
  ['__proto__']: fc.oneof(fc.constant({ id: 'polluted', time: 1, event: 'message' }), value),
  constructor: value,
};
const mostlyGood = fc.record(fields, { requiredKeys: [] }).chain((odd) =>
  fc.subarray(Object.keys(odd), { maxLength: 3 }).map((keys) => ({
    ...good,
    ...Object.fromEntries(keys.map((key) => [key, odd[key as keyof typeof odd]])),
  })),
);
const anything = fc.oneof(mostlyGood, fc.record(fields, { requiredKeys: [] }), fc.jsonValue());

test('rule 2: takes and leaves the very lines a schema would, field by field', () => {
  fc.assert(
    fc.property(anything, (json) => {
      const line = JSON.stringify(json);
      expect(parseEvent(line)).toEqual(schema.safeParse(JSON.parse(line)).data);
    }),
    { numRuns: 2_000 },
  );
});

test('rule 2: a field that is not what it should be costs nobody the message', () => {
  const odd = { time: 5.7, title: 1, priority: 'high', sequence_id: 5, tags: null, attachment: null, encoding: 7 };
  expect(parseEvent(JSON.stringify({ ...good, message: 'heard', ...odd }))).toEqual({
    ...good,
    time: 5,
    message: 'heard',
  });
});

test.each([
  ['nothing', ''],
  ['half an object', '{"id":"x"'],
  ['a byte order mark', '\ufeff{"id":"x","time":1,"event":"e"}'],
  ['NUL', '\0'],
  ['brackets without end', '['.repeat(100_000)],
  ['objects without end', '{"a":'.repeat(100_000)],
  ['an infinite time', '{"id":"a","time":1e999,"event":"e"}'],
  ['only a prototype', '{"__proto__":{"id":"a","time":1,"event":"message"}}'],
])('rule 2: %s is no event and no harm', (_, line) => {
  expect(parseEvent(line)).toBeUndefined();
});

test('rule 3: what a newer server adds, however deep, changes nothing', () => {
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  const line = `{"id":"a","time":1,"event":"hologram","__proto__":{"message":"no"},"new":${deep}}`;
  expect(parseEvent(line)).toEqual({ id: 'a', time: 1, event: 'hologram' });
});

test('rules 1 and 2: noise of every kind between the lines, cut at any byte, costs none of them', () => {
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0x20 : byte)))),
    fc
      .constantFrom(
        '',
        '\r',
        '\ufeff',
        '\0',
        '{',
        '"',
        '[[[[',
        '{"id":"x","ti',
        'null',
        '\u2028',
        '\u0085',
        '<html>',
        '{"__proto__":{"id":"x"}}',
        `{"id":"${'y'.repeat(600)}","time":1,"event":"e"}`,
      )
      .map((text) => Buffer.from(text)),
  );
  const message = fc.string({ unit: 'grapheme', maxLength: 12 });
  const sent = fc.array(fc.tuple(fc.array(noise, { maxLength: 3 }), message), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(
      sent,
      fc.constantFrom('\n', '\r\n'),
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      (rows, end, sizes) => {
        const bytes = Buffer.concat(
          rows.flatMap(([before, text], i) => [
            ...before.flatMap((each) => [each, Buffer.from('\n')]),
            Buffer.from(JSON.stringify({ ...good, id: `m${i}`, message: text }) + end),
          ]),
        );
        const splitter = new LineSplitter(500, () => {});
        const lines: string[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value ?? 1;
          lines.push(...splitter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        lines.push(...splitter.end());
        const heard = lines.map(parseEvent).filter((event) => event?.event === 'message');
        expect(heard.map((event) => event?.message)).toEqual(rows.map(([, text]) => text.toWellFormed()));
      },
    ),
    { numRuns: 300 },
  );
});

test('rule 1: a transcript of a real server reads the same, cut at every byte', () => {
  const transcript = Buffer.from(
    [
      '{"id":"E0jjePZFLnU7","time":1795407137,"event":"open","topic":"scratch1"}',
      '{"id":"CTxqgXjFNWhd","time":1795407137,"expires":1795450337,"event":"message","topic":"scratch1","message":"CODE: fix <b> & \\"quotes\\" café 🚀"}',
      '{"id":"8BiPnC522AGu","time":1795407137,"expires":1795450337,"event":"message","topic":"scratch1","message":"You received a file: attachment.txt","attachment":{"name":"attachment.txt","type":"text/plain; charset=utf-8","size":4096,"expires":1795417937,"url":"http://127.0.0.1:18555/file/8BiPnC522AGu.txt"}}',
      '{"id":"pA3NUuvCNUKb","time":1795407142,"event":"keepalive","topic":"scratch1"}\n',
    ].join('\n'),
  );
  const read = (...chunks: Uint8Array[]) => {
    const splitter = new LineSplitter(10_000, () => {});
    return [...chunks.flatMap((chunk) => splitter.push(chunk)), ...splitter.end()].map(parseEvent);
  };
  const whole = read(transcript);
  expect(whole.map((event) => event?.event)).toEqual(['open', 'message', 'message', 'keepalive']);
  expect(whole[2]?.attachment).toMatchObject({ name: 'attachment.txt', size: 4096, expires: 1_795_417_937 });
  for (let at = 1; at < transcript.length; at++) {
    expect(read(transcript.subarray(0, at), transcript.subarray(at))).toEqual(whole);
  }
});

test('rule 13: base64 that is none is no text either, and no harm', () => {
  expect(textOf({ ...good, message: '%%%', encoding: 'base64' })).toBe('');
  expect(textOf({ ...good, message: 'x', encoding: 'rot13' })).toBeUndefined();
  expect(textOf(good)).toBe('');
});
