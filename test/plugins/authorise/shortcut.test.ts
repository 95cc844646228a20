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
  ['a line that is none of the Shortcut', 'tap the keg'],
  ['brackets and dollars', 'CODE: replace [Key] by $1 and $& in `a`'],
])('what they send is accepted: %s', (_, words) => {
  const time = '2026-11-23T05:09:08+01:00';
  const { body, shown } = run({ ...vector, words, time, number: '481516234' });
  expect(shown).toBeUndefined();
  expect(accepted(body.message!)).toBe(words);
  expect(accepted(body.message!, `${vector.key}x`)).toBeUndefined();
  expect(accepted(body.message!.replace(/^\S/, 'x'))).toBeUndefined();
  const now = Date.parse('2026-11-23T04:09:30Z');
  expect(staleness({ signed: time, sent: new Date(now).toISOString(), now }, WINDOW)).toBeUndefined();
});

test.each([
  'CODE: evil',
  'CODE: [Key] and [Shortcut Input]',
  '\n\nCODE: evil\nm1 2026-11-23T04:09:08Z 4815162342',
  'ANSWER q7k2a Approve\nr2 1795449600 5f0c9b1e7a3d48265f0c9b1e7a3d4826',
])('T5: what is handed over is shown before it is signed, and signed as handed over: %j', (handed) => {
  const { body, shown } = run({ ...vector, handed });
  expect(shown).toBe(handed);
  expect(accepted(body.message!)).toBe(`TAP\n${handed}`);
  // Without its first line it is not what was signed.
  expect(accepted(body.message!.slice('TAP\n'.length))).toBeUndefined();
});

test('an empty text that is handed over signs nothing but what is dictated', () => {
  expect(accepted(run({ ...vector, handed: '' }).body.message!)).toBe(vector.words);
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
  const in2 = (line: string) => (template: string) => template.replace(/^TAP\n/, line);
  const in7 = (template: string) => (template === '[Key]\n[Hash]' ? `${template}\n` : template);
  const in9 = (change: (template: string) => string) => (template: string) =>
    template.startsWith('[If Result]') ? change(template) : template;

  test.each<[string, Partial<Phone>, string]>([
    ['nothing', {}, 'nowhere: all is well'],
    ['hashes in capitals', { hash: (hex) => hex.toUpperCase() }, 'nowhere: all is well'],
    ['Tap in action 2', { handed: 'test', type: in2('Tap\n') }, 'in action 2'],
    ['a space behind TAP', { handed: 'test', type: in2('TAP \n') }, 'in action 2'],
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
  test('the link of the page shows whether TAP is there', () => {
    const handed = new URL(/^shortcuts:.*$/m.exec(section('docs/shortcut.md', 'Try it'))![0]).searchParams.get('text')!;
    const [all, over] = ['all is well. After the link', 'if it came by the link'].map((look) =>
      expect.stringContaining(look),
    );
    expect(advised({ handed })).toEqual([all, over]);
    expect(advised({ handed, type: in2('') })).toEqual([all]);
  });
});

test('the actions stand in order, each with a drawing that shows what the page says', () => {
  expect(actions.map(({ number }) => number)).toEqual(actions.map((_, i) => i + 1));
  for (const { number, name, template, text } of actions) {
    const file = /src="(shortcut\/[\w-]+\.svg)"/.exec(text)?.[1];
    expect(file, name).toMatch(new RegExp(`^shortcut/${String(number).padStart(2, '0')}-`));
    const drawn = [...read(`docs/${file}`).matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, words]) => words);
    const lines = template?.split(/\s*[[\]]\s*|\n/).filter((part) => part !== '');
    if (name === 'Text' && lines) expect(drawn.slice(1)).toEqual(lines);
    else if (lines) {
      const alert = ['Show alert', 'Shortcut Input', 'Show Cancel Button', 'on'];
      const all = [...alert, 'Text', ...lines, 'Otherwise', 'Dictate text'];
      expect(drawn.slice(drawn.indexOf('Show alert')).slice(0, all.length)).toEqual(all);
    } else
      for (const [, bold] of text.matchAll(/\*\*([\w ]+ 8601\w*|SHA256|POST|JSON)\*\*/g)) expect(drawn).toContain(bold);
  }
});

test('the numbers of action 4 make a nonce, and fit where the phone keeps them', () => {
  const [least = '', most = ''] = codes(actions[3]!.text);
  expect(least).toMatch(/^\d{6,20}$/);
  expect(most).toHaveLength(least.length);
  expect(Number(most)).toBeLessThan(2 ** 31);
});

test('the button of a notice hands over what it says and its proof, which are signed as handed over', () => {
  const link = /^shortcuts:.*$/m.exec(section('docs/shortcut.md', 'Buttons of notices'))![0];
  const { protocol, hostname, searchParams } = new URL(link);
  expect([protocol, hostname, searchParams.get('name')]).toEqual(['shortcuts:', 'run-shortcut', 'Milton']);
  expect(accepted(run({ ...vector, handed: searchParams.get('text')! }).body.message!)).toMatch(
    /^TAP\nANSWER q7k2a Approve\nr2 \d{10} [0-9a-f]{32}$/,
  );
});
