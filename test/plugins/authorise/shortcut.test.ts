// What docs/shortcut.md tells people to build, done action by action, as a phone does it.
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../../src/plugins/authorise/diagnose.ts';
import { staleness, WINDOW } from '../../../src/plugins/authorise/freshness.ts';
import { isGenuine, readSignature } from '../../../src/plugins/authorise/signature.ts';
import { codes, read, rows, section } from '../../support/pages.ts';
import { actions, type Phone, runShortcut as run } from '../../support/shortcut.ts';

const vector: Phone = {
  key: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8',
  words: 'CODE: add a login — “feature” 🎉',
  time: '2026-11-23T04:09:08Z',
  number: '4815162342',
};
const accepted = (message: string, key = vector.key) => {
  const signed = readSignature(message);
  return signed !== undefined && isGenuine(signed, [key]) ? signed.text : undefined;
};

test('the actions of the page give the signature of the specification', () => {
  const { hash, body } = run(vector);
  expect(hash).toBe('214eefd0acb649cef7722c789eb98450e31e20b13b4b1b50525f351a9dd079a1');
  expect(Object.keys(body)).toEqual(['topic', 'message']);
  expect(body.message).toBe(`${vector.words}\nm1 ${vector.time} ${vector.number} ${hash}`);
});

test.each([
  ['dictated', vector.words],
  ['several lines', 'CODE: first\n\n  second\nm1 is a word\n🎉'],
  ['an approval', 'APPROVE req_k4m2xa'],
  ['brackets and dollars', 'CODE: replace [Key] by $1 and $& in `a`'],
])('what they send is accepted: %s', (_, words) => {
  const time = '2026-11-23T05:09:08+01:00';
  const { body } = run({ ...vector, words, time, number: '481516234' });
  expect(accepted(body.message!)).toBe(words);
  expect(accepted(body.message!, `${vector.key}x`)).toBeUndefined();
  expect(accepted(body.message!.replace(/^\S/, 'x'))).toBeUndefined();
  const now = Date.parse('2026-11-23T04:09:30Z');
  expect(staleness({ signed: time, sent: new Date(now).toISOString(), now }, WINDOW)).toBeUndefined();
});

describe('what goes wrong on a phone is named as the page says', () => {
  const advice = rows(section('docs/shortcut.md', 'Try it')).map(([said = '', look = '']) => ({
    said: codes(said),
    look,
  }));
  const advised = (odd: Partial<Phone>) => {
    const text = run({ ...vector, ...odd }).body.message!;
    const { lines } = diagnose({ text, at: vector.time }, [vector.key], Date.parse(vector.time));
    const fits = (said: string) => said.split('…').every((part) => lines.join(' ').includes(part.trim()));
    return advice.filter(({ said }) => said.some(fits)).map(({ look }) => look);
  };
  const in5 = (change: (template: string) => string) => (template: string) =>
    template.startsWith('[Key]\nm1') ? change(template) : template;
  const in7 = (template: string) => (template === '[Key]\n[Hash]' ? `${template}\n` : template);
  const in9 = (change: (template: string) => string) => (template: string) =>
    template.startsWith('[If Result]') ? change(template) : template;

  test.each<[string, Partial<Phone>, string]>([
    ['nothing', {}, 'nowhere: all is well'],
    ['hashes in capitals', { hash: (hex) => hex.toUpperCase() }, 'nowhere: all is well'],
    ['M1', { type: in5((template) => template.replace('m1', 'M1')) }, 'action 5'],
    ['no m1', { type: in5((template) => template.replace('m1\n', '')) }, 'action 5'],
    ['a line end after action 5', { type: in5((template) => `${template}\n`) }, 'action 5'],
    ['a line end after action 7', { type: in7 }, 'action 7'],
    ['only one line in action 9', { type: in9((template) => template.split('\n')[0]!) }, 'action 9'],
    ['two spaces for one in action 9', { type: in9((template) => template.replaceAll('] [', ']-[')) }, 'action 9'],
    ['separators in the number', { number: '4,815,162,342' }, 'action 4'],
    ['a day without its time', { time: '23.11.26' }, 'action 3'],
    ['a line end after the key', { key: `${vector.key}\n` }, 'action 1'],
    ['a key in capitals', { key: vector.key.toUpperCase() }, 'action 1'],
    ['another key', { key: 'x'.repeat(43) }, 'milton keys qr'],
    ['a clock that is an hour ahead', { time: '2026-11-23T05:09:08Z' }, 'clock'],
  ])('%s', (_, odd, where) => {
    expect(advised(odd)).toEqual([expect.stringContaining(where)]);
  });
});

test('the actions stand in order, each with a drawing that shows what the page says', () => {
  expect(actions.map(({ number }) => number)).toEqual(actions.map((_, i) => i + 1));
  for (const { number, name, template, text } of actions) {
    const file = /src="(shortcut\/[\w-]+\.svg)"/.exec(text)?.[1];
    expect(file, name).toMatch(new RegExp(`^shortcut/${String(number).padStart(2, '0')}-`));
    const drawn = [...read(`docs/${file}`).matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, words]) => words);
    if (template) expect(drawn.slice(1)).toEqual(template.split(/\s*[[\]]\s*|\n/).filter((part) => part !== ''));
    else
      for (const [, bold] of text.matchAll(/\*\*([\w ]+ 8601\w*|SHA256|POST|JSON)\*\*/g)) expect(drawn).toContain(bold);
  }
});

test('the numbers of action 4 make a nonce, and fit where the phone keeps them', () => {
  const [least = '', most = ''] = codes(actions[3]!.text);
  expect(least).toMatch(/^\d{6,20}$/);
  expect(most).toHaveLength(least.length);
  expect(Number(most)).toBeLessThan(2 ** 31);
});

test('the button of a notice hands over a text that needs no more than to be signed', () => {
  const link = codes(section('docs/shortcut.md', 'Buttons of notices'))[0]!;
  const { protocol, hostname, searchParams } = new URL(link);
  expect([protocol, hostname, searchParams.get('name')]).toEqual(['shortcuts:', 'run-shortcut', 'Milton']);
  expect(accepted(run({ ...vector, words: searchParams.get('text')! }).body.message!)).toBe('APPROVE req_k4m2xa');
});
