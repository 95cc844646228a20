import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAboutThisCode } from '../../../src/plugins/research/about-this-code.ts';

const about = (text: string, named?: true) =>
  isAboutThisCode({ text, ...(named ? { named } : {}) }, ['app', 'web.shop']);

describe('about this code', () => {
  it.each([
    'how does auth work?',
    'How is the session stored?',
    'how does our login work',
    'where do we check permissions?',
    'why does the build fail on Windows?',
    'what calls parseHeader?',
    'is this code safe against CSRF?',
    'which tests are slow here?',
    'explain the retry logic',
    'review the payment module',
    'find all places that log a password',
    'what does src/auth.ts do?',
    'what is user_sessions for?',
    'does `retry()` stop at an abort?',
    'is app ready for Node 26?',
    'what does web.shop do with a cart?',
    'what should we use for dates?',
  ])('%s', (text) => expect(about(text)).toBe(true));

  it('whatever it says where it names the repository', () => expect(about('which router fits?', true)).toBe(true));
});

describe('about the world', () => {
  it.each([
    'which router fits a small React page?',
    'what is the difference between OAuth and OIDC?',
    'compare Next.js and Remix',
    'best library for dates in 2026',
    'is Node.js 26 out yet?',
    'how to centre a div',
    'how do I rotate a TLS certificate?',
    'how do people test Siri shortcuts?',
    'latest news on passkeys',
    'list popular CSS frameworks',
    'who maintains zod?',
    'what apps support ntfy?',
  ])('%s', (text) => expect(about(text)).toBe(false));
});

it('takes any text, in time in proportion to its length', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof about(text) === 'boolean'));
  const began = performance.now();
  for (const piece of ['the ', 'aA', 'a_', '.', 'how is ', ' ']) about(piece.repeat(50_000));
  expect(performance.now() - began).toBeLessThan(3_000);
});
