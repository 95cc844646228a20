// docs/security.md, held to the code: the tests it names, the modes, the example of the signature.
import { globSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { authorise } from '../src/index.ts';
import { isGenuine, readSignature, sign, signatureOf } from '../src/plugins/authorise/signature.ts';
import { codes, read, root, rows, section } from './support/pages.ts';

const threats = rows(section('docs/security.md', 'The threats'));
const sources = globSync('{test,src/testing}/**/*.ts', { cwd: root });
/** The titles of the tests in a file. */
const titlesOf = (file: string) =>
  [...read(file).matchAll(/^.*(['"`])((?:(?!\1).)*\bT\d+\b(?:(?!\1).)*)\1/gm)].map(([, , title]) => title!);

test('all threats are on the page, in order', () => {
  expect(threats.map(([number]) => number)).toEqual(Array.from({ length: 21 }, (_, i) => `T${i + 1}`));
});

describe('each threat is shown by tests that name it', () => {
  test.each(threats.map(([number = '', , , tests = '']) => [number, codes(tests)] as const))(
    '%s: %s',
    (number, files) => {
      expect(files.length).toBeGreaterThan(0);
      const named = new RegExp(`\\b${number}:`);
      expect(files.filter((file) => !titlesOf(file).some((title) => named.test(title)))).toEqual([]);
    },
  );
});

test('no test names a threat that is not on the page', () => {
  const known = new Set(threats.map(([number]) => number));
  const named = sources.flatMap((file) => titlesOf(file).flatMap((title) => title.match(/\bT\d+(?=:)/g) ?? []));
  expect(named.filter((number) => !known.has(number))).toEqual([]);
  expect(new Set(named)).toEqual(known);
});

test('all modes are on the page', () => {
  const { mode } = (authorise().plugin.options as z.ZodObject).shape as { mode: z.ZodOptional<z.ZodEnum> };
  const listed = rows(section('docs/security.md', 'Who may start work')).map(([name = '']) => codes(name)[0]);
  expect(listed).toEqual(mode.unwrap().options);
});

test('the example of the signature is one', () => {
  const example = Object.fromEntries(
    rows(section('docs/security.md', 'The signature')).map(([name = '', value = '']) => [name, codes(value)[0] ?? '']),
  );
  const { key = '', time: at = '', number: nonce = '', text = '', sig } = example;
  expect(signatureOf({ scheme: 'm1', at, nonce, text }, key)).toBe(sig);
  const sent = sign(text, key, { at, nonce });
  expect(sent).toBe(`${text}\nm1 ${at} ${nonce} ${sig}`);
  expect(isGenuine(readSignature(sent)!, [key])).toBe(true);
});
