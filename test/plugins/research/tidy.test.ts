import { expect, it } from 'vitest';
import { cleaner } from '../../../src/pipeline/services/clean.ts';
import { createRedactor } from '../../../src/pipeline/services/redact.ts';
import type { Finding } from '../../../src/plugins/research/researcher.ts';
import { tidy } from '../../../src/plugins/research/tidy.ts';
import { NOTES } from '../../support/stub-perplexity.ts';

const clean = cleaner(createRedactor(['made-up-secret']));
const found = (more: Partial<Finding>) => ({ by: 'm', text: 't', sources: [], ...more });
const source = (url: string, title = '') => ({ n: '1', title, url });

it('keeps only https sources without credentials, and of their addresses nothing that may carry a key', () => {
  const urls = [
    'http://a.example',
    'javascript:alert(1)',
    'https://u:p@b.example',
    'nonsense',
    'https://bücher.example/x?utm=1#y',
    'https://c.example/made-up-secret/page',
    'https://c.example/made%2Dup%2Dsecret',
  ];
  expect(tidy(found({ sources: urls.map((url) => source(url)) }), clean)?.sources).toEqual([
    { n: '1', title: 'xn--bcher-kva.example', url: 'https://xn--bcher-kva.example/x' },
    { n: '1', title: 'c.example', url: 'https://c.example' },
    { n: '1', title: 'c.example', url: 'https://c.example' },
  ]);
});

it('is clean and bounded, whatever the web holds', () => {
  const tidied = tidy(
    found({
      by: `m\u001b${'x'.repeat(500)}`,
      text: `\u001b[31mred\u202e made-up-secret ${'x'.repeat(50_000)}`,
      notes: { ...NOTES, facts: [], summary: 'a\u202eb made-up-secret' },
      sources: [
        source('https://a.example', 'a\u0007\u200b\n b'),
        ...Array.from({ length: 200 }, () => source('https://b.example')),
      ],
    }),
    clean,
  );
  expect(tidied?.by.length).toBeLessThan(100);
  expect(tidied?.text).toMatch(/^red \[redacted\] x/);
  expect(tidied?.text.length).toBeLessThan(21_000);
  expect(tidied?.notes?.summary).toBe('ab [redacted]');
  expect(tidied?.sources[0]).toEqual({ n: '1', title: 'a b', url: 'https://a.example/' });
  expect(tidied?.sources).toHaveLength(30);
});

it('keeps the parts of no answer that has far too many', () => {
  const pitfalls = Array.from({ length: 500 }, () => 'x'.repeat(50));
  expect(tidy(found({ notes: { ...NOTES, facts: [], pitfalls } }), clean)).not.toHaveProperty('notes');
});

it.each<[string, unknown]>([
  ['nothing', undefined],
  ['a text', 'fine'],
  ['no text', { by: 'm', sources: [] }],
  ['an empty text', found({ text: ' \u200b' })],
  ['a cost that is no number', found({ costUsd: Number.NaN })],
  ['sources without numbers', { by: 'm', text: 't', sources: [{ url: 'https://a.example', title: '' }] }],
  ['half of its notes', found({ notes: { summary: 's' } as never })],
])('%s is none', (what, value) => {
  if (what === 'half of its notes') expect(tidy(value, clean)?.notes?.facts).toEqual([]);
  else expect(tidy(value, clean)).toBeUndefined();
});

it('takes over nothing but what belongs to it', () => {
  expect(tidy(found({ answers: true, cached: true, fallback: 'x' } as never), clean)).toEqual({
    by: 'm',
    text: 't',
    sources: [],
  });
});

it('says that an answer was cut', () => {
  expect(tidy(found({ cut: true }), clean)).toMatchObject({
    cut: true,
    text: 't\n\n(The answer was cut: it reached the limit of its length.)',
  });
});
