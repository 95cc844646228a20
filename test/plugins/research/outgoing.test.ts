import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cleaner } from '../../../src/pipeline/services/clean.ts';
import { createRedactor } from '../../../src/pipeline/services/redact.ts';
import { outgoing } from '../../../src/plugins/research/outgoing.ts';
import { FACTS } from '../../support/research.ts';

const clean = cleaner(createRedactor(['made-up-secret']));
const NOTHING = { languages: [], packages: [], layout: [] };
const sent = (text: string, layout: readonly string[] = ['src/', 'packages/api/ (Go)']) =>
  outgoing({ text }, { ...NOTHING, layout }, clean);

it('is the request, and the public facts of the stack', () => {
  expect(outgoing({ text: 'add a login' }, FACTS, clean)).toBe(
    'add a login\n\nThe project uses: TypeScript, react 19.1.0.',
  );
});

it.each([
  ['fix /home/me/app/src/a.ts, please', 'fix [path], please'],
  ['see C:\\work\\b.ts and ~/c.ts', 'see [path] and [path]'],
  ['the bug is in src/auth/login.ts:12:3', 'the bug is in [file]'],
  ['look at ./lib/deep/er/x.test.tsx.', 'look at [file].'],
  ['lib\\win\\a.cs fails', '[file] fails'],
  ['everything in src/auth is slow', 'everything in [folder] is slow'],
  ['move packages/api/handlers/ elsewhere', 'move [folder] elsewhere'],
  ['why does this fail?\n```ts\nconst a = secretAlgorithm();\n```\nthanks', 'why does this fail?\n[code]\nthanks'],
  ['```\nnever closed', '[code]'],
  ['the key is made-up-secret', 'the key is [redacted]'],
  ['ghp_0123456789abcdefghijABCDEFGHIJ456789', '[redacted]'],
])('T21: takes out what is nobody’s business: %j', (text, expected) => expect(sent(text)).toBe(expected));

it.each([
  'add a route /api/login and /src/x',
  'read https://example.com/docs/page.html and example.com',
  'use @tanstack/react-query and/or TCP/IP 24/7',
  'rename foo.ts, see CLAUDE.md',
  'compare Next.js with Node.js',
  'what about resources/images',
])('leaves the rest as it is: %j', (text) => expect(sent(text)).toBe(text));

it('takes time in proportion to the length, and never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => void sent(text)));
  const began = performance.now();
  for (const piece of ['a/', '/', 'a.', '```', './', 'src/', '~/', '\\', '@a/']) sent(piece.repeat(20_000));
  expect(performance.now() - began).toBeLessThan(5_000);
});
