import { expect, test } from 'vitest';
import { proveReply, readReply } from '../../../../src/pipeline/services/keys/reply-proof.ts';
import fc from '../../../support/property.ts';

const KEY = 'k'.repeat(43);
const UNTIL = 1_900_000_000_000;

test('a button’s text comes back with the proof that it is one of ours, and until when it counts', () => {
  const sent = proveReply('ANSWER qk7m2 Deny', UNTIL + 999, KEY);
  expect(sent).toMatch(/^ANSWER qk7m2 Deny\nr1 1900000000 [0-9a-f]{32}$/);
  expect(readReply(`${sent}\n`, [KEY])).toEqual({ text: 'ANSWER qk7m2 Deny', way: 'tap', until: UNTIL, genuine: true });
});

/** What a button can send: there is none without a text. */
const reply = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => text.trim() !== '');

test('T5: the proof is bound to the text, the time and the key', () => {
  fc.assert(
    fc.property(reply, fc.nat(), (text, where) => {
      const sent = proveReply(text, UNTIL, KEY);
      expect(readReply(sent, ['other', KEY])?.genuine).toBe(true);
      expect(readReply(sent, [`${KEY}x`])?.genuine).toBe(false);
      const letters = [...sent];
      const at = where % letters.length;
      letters[at] = letters[at] === '1' ? '2' : '1';
      expect(readReply(letters.join(''), [KEY])?.genuine ?? false).toBe(false);
    }),
  );
});

test('without a key none is genuine, and what bears none is none', () => {
  expect(readReply(proveReply('STATUS', UNTIL, KEY), [])).toMatchObject({ genuine: false });
  expect(readReply('STATUS', [KEY])).toBeUndefined();
  expect(readReply('STATUS\nr1 1900000000 abc', [KEY])).toBeUndefined();
});

test('T5: the proof of a link is none of a tap', () => {
  const link = proveReply('STATUS', UNTIL, KEY, 'link');
  expect(readReply(link, [KEY])).toMatchObject({ way: 'link', genuine: true });
  expect(readReply(link.replace('\nr2', '\nr1'), [KEY])).toMatchObject({ way: 'tap', genuine: false });
});
