import { expect, it, test } from 'vitest';
import { taskKind } from '../../../src/plugins/optimizer/task-kind.ts';
import fc from '../../support/property.ts';

const kindOf = (text: string, kind: 'CODE' | 'RESEARCH' = 'CODE') =>
  taskKind({ kind, text, repository: 'app', agent: 'claude' });

const REQUESTS = {
  feature: [
    'prices should be shown in euro',
    'check if the email is valid before it is saved',
    'replace the logo with the new one',
    '',
    'please',
    'add a login feature',
    'make the cancel button red',
    'Please make the cancel button red.',
    'can you add a dark mode please',
    'I want you to build a page for invoices',
    "I'd like you to show the weather on the start page, thanks",
    'could we add a test button',
    'add a test user to the seed data',
    'document upload feature',
    'add a document upload',
    'Add a login page with tests and documentation',
    'add a bug report form',
    'show an error message when the email is wrong',
    'retry when a request fails',
    'if the token is wrong, return 401',
    'when the list is empty, show a hint',
    'make the error message red',
    'add comments to blog posts',
    'move the save button to the left',
    'extract the total from the invoice',
    'how about a dark mode',
    'in the web app repo, add a search box',
    'How does the login work? Add a remember me checkbox.',
    'users should be able to delete their account',
    'use fetch instead of axios',
    "Hey Claude, let's add a chart of the last 30 days",
    'add a documentation generator',
    'write a script that tests the connection',
  ],
  fix: [
    'prices are shown with three decimals',
    'clicking save does nothing',
    'after the last deploy nobody can log in',
    'users report that emails arrive twice',
    'the ci is red please have a look',
    'the dropdown closes immediately when I click it',
    'images are not loading on the product page',
    'the search returns nothing for umlauts',
    'the app is really slow since yesterday',
    'Fix the failing login test',
    'can you fix the crash when I open the settings?',
    'the login page crashes on Safari',
    "search doesn't work",
    'search doesn’t work on my phone',
    'why does the login fail?',
    "what's wrong with the upload",
    'the app shows an error 500 after login',
    'make the login work again',
    'stop the app from crashing',
    'I get an exception when I save',
    'when I click save, the app crashes',
    'please find out why the build is broken',
    'tests fail on Windows',
    'the tests are flaky',
    'users can no longer log in',
    'I noticed something. The total is wrong.',
    'Could you please debug the import?',
    'fix the typo on the login page',
  ],
  test: [
    'write an end to end test for the checkout',
    'add tests for the login',
    'write unit tests for the parser',
    'please write some more unit and integration tests',
    'add a test that covers the empty list',
    'increase the test coverage to 90 percent',
    'test the password reset',
    'cover the parser with tests',
    'unit tests for the router please',
    'can you make the tests faster',
    'we need more regression tests',
  ],
  refactor: [
    'replace lodash with native functions',
    'switch from jest to vitest',
    'Refactor the login module',
    'rename User to Account',
    'please clean up the router',
    'split the server into two files',
    'extract the validation from the controller into a service',
    'remove unused imports',
    'upgrade React to version 19',
    'could you simplify the config code',
    'convert the tests to TypeScript',
  ],
  docs: [
    'write a getting started guide',
    'add jsdoc comments to the helpers',
    'update the README with the new commands',
    'write documentation for the API',
    'document the public functions',
    'fix the typos in the readme',
    'add a section about backups to the readme',
    'explain in the readme how to deploy',
    'add docstrings to the models',
    'add code comments to the parser',
    'the docs are outdated',
  ],
  question: [
    'check if the tests pass',
    'can you check whether we are affected by the xz vulnerability',
    'look at the code and tell me what could be improved',
    'how does the login work?',
    'how does error handling work',
    'what does the scheduler do',
    'where are users stored?',
    'which database does it use',
    'can you explain how the cache works?',
    'please tell me what the parser does. Thanks!',
    'are there tests for the login',
    'do we use Redis?',
    'why do we use Redis?',
    'could you review the login code',
    "I'd like to know how deployment works",
    'does the app support dark mode?',
    'What does this do? And where is it called?',
  ],
} as const;

it.each(Object.entries(REQUESTS).flatMap(([kind, texts]) => texts.map((text) => [kind, text])))(
  '%s: %j',
  (kind, text) => expect(kindOf(text!)).toBe(kind),
);

it('takes every RESEARCH as a question', () => expect(kindOf('fix the bug', 'RESEARCH')).toBe('question'));

// fast-check's own unit of any character takes seconds to set up.
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));

test('any text is one of the kinds', () => {
  const kinds = Object.keys(REQUESTS);
  fc.assert(fc.property(fc.string({ unit: anyCharacter, maxLength: 1_000 }), (text) => kinds.includes(kindOf(text))));
});

test('neither capitals nor space around it make a difference', () => {
  const words = fc.constantFrom(
    ...Object.values(REQUESTS)
      .flat()
      .flatMap((text) => text.split(' ')),
    '.',
    '?',
    ',',
  );
  const texts = fc.oneof(
    fc.constantFrom(...Object.values(REQUESTS).flat()),
    fc.array(words, { maxLength: 30 }).map((list) => list.join(' ')),
    fc.string({ unit: 'grapheme-ascii', maxLength: 200 }),
  );
  const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t') });
  fc.assert(
    fc.property(texts, space, space, (text, before, after) => {
      const kind = kindOf(text);
      expect(kindOf(before + text + after)).toBe(kind);
      expect(kindOf(text.toUpperCase())).toBe(kind);
    }),
  );
});

test('a long text costs no more than its beginning', () => {
  for (const word of ['add a ', 'please ', ' ', 'in the ', 'the tests and ', '?', 'a, ']) {
    expect(Object.keys(REQUESTS)).toContain(kindOf(word.repeat(1_000_000)));
  }
});
