import { describe, expect, it } from 'vitest';
import { isAboutTheWorld } from '../../../src/plugins/research/about-the-world.ts';
import fc from '../../support/property.ts';

const REPOSITORIES = [{ name: 'app' }, { name: 'web.shop' }];
const worldly = (text: string, more: { named?: true; kind?: 'CODE' } = {}) =>
  isAboutTheWorld({ kind: 'RESEARCH', text, ...more }, REPOSITORIES);

describe('about the world', () => {
  it.each([
    'which router fits a small React page?',
    'which date library is best?',
    'what is the difference between OAuth and OIDC?',
    'what’s the difference between OAuth and OIDC?',
    'best library for dates in 2026',
    'is Node.js 26 out yet?',
    'latest news on passkeys',
    'what are the best CSS frameworks?',
    'is there a good library for QR codes?',
    'Vitest vs Jest in 2026',
    'please tell me the latest version of React',
    'should I use Bun or Node.js?',
    'what are the pros and cons of SQLite?',
    'alternatives to Firebase',
    'which password hash should one use?',
    'is moment still maintained?',
  ])('%s', (text) => expect(worldly(text)).toBe(true));
});

describe('perhaps about this code', () => {
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
    'explain caching strategy',
    'review the payment module',
    'find all places that log a password',
    'what does src/auth.ts do?',
    'what is user_sessions for?',
    'does `retry()` stop at an abort?',
    'is app ready for Node 26?',
    'what does web.shop do with a cart?',
    'what should we use for dates?',
    'Is there a SQL injection in login?',
    'Are there tests for payments?',
    'Is UserService thread safe?',
    'which is better, UserService or AccountService?',
    'What database is used?',
    'Do any dependencies have CVEs?',
    'Wo wird das Login geprüft?',
    'what is OAuth?',
    'compare orders and invoices',
    'is stripe still supported',
    'best place to add a feature flag',
    'is there a service for mail',
    'what is the difference between the two report generators',
    'which endpoints are slow',
    'which tests are flaky',
    'what functions have no tests',
    'which version is installed',
    'which packages are outdated',
    'which database should be migrated first',
    'who wrote the parser',
    'who maintains zod?',
    'what routes should require login',
    'how to deploy',
    'how to centre a div',
    'how do I run it',
    'which branches are stale',
    'which customers have access to admin',
    'is there a test library',
    'latest commit',
    'what is the latest version of the API',
    'compare staging to production',
    'what are the best practices used here',
    'which library is used for dates, and is it the best',
    'is the login deprecated?',
    'what is the best way to cache the user page',
    'thoughts?',
    '',
    `which router fits a React page? ${'x'.repeat(300)}`,
  ])('%s', (text) => expect(worldly(text)).toBe(false));

  it('whatever it says where it names the repository, and where it is a CODE request', () => {
    expect(worldly('which router fits?', { named: true })).toBe(false);
    expect(worldly('which router fits?', { kind: 'CODE' })).toBe(false);
  });
});

it('takes any text, in time in proportion to its length', () => {
  fc.assert(fc.property(fc.string(), (text) => typeof worldly(text) === 'boolean'));
  // Of the processor, since others may have it meanwhile.
  const began = process.cpuUsage();
  for (const piece of ['the ', 'aA', 'a_', '.', 'how is ', ' ', 'which a ']) {
    worldly(piece.repeat(50_000));
    worldly(piece.repeat(300).slice(0, 300));
  }
  expect(process.cpuUsage(began).user).toBeLessThan(2_000_000);
});
