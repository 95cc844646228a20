import { describe, expect, it, test } from 'vitest';
import { acceptanceCriteria, checksOf } from '../../../src/plugins/optimizer/criteria.ts';
import type { TaskKind } from '../../../src/plugins/optimizer/task-kind.ts';
import fc from '../../support/property.ts';
import { NOTHING } from './facts-of.ts';

const KINDS: readonly TaskKind[] = ['feature', 'fix', 'test', 'refactor', 'docs', 'question'];
const facts = { ...NOTHING, commands: { test: 'npm test', lint: 'npm run lint' } };
const added = (text: string, kind: TaskKind = 'feature') => acceptanceCriteria(kind, NOTHING, text).slice(3);

it.each(KINDS)('%s: three to six sentences, the checks of the repository last', (kind) => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const criteria = acceptanceCriteria(kind, facts, `${text} add a login form to the page of the api that uploads`);
      expect(criteria.length).toBeGreaterThanOrEqual(3);
      expect(criteria.length).toBeLessThanOrEqual(6);
      expect(new Set(criteria).size).toBe(criteria.length);
      for (const each of criteria) expect(each).toMatch(/^[A-Z].*\.$/);
      if (kind !== 'question') expect(criteria.at(-1)).toBe('These pass: `npm run lint`, `npm test`.');
      else expect(criteria).toHaveLength(3);
    }),
  );
});

describe('what the request is about adds what must be true for it', () => {
  it.each<[string, RegExp]>([
    ['add a sign-up form', /refused; a test shows each/],
    ['let admins delete posts', /refused; a test shows each/],
    ['validate the email field', /overlong input is refused/],
    ['add an endpoint for orders', /status code/],
    ['add a dark mode', /keyboard/],
    ['make the search faster', /before and after/],
    ['add a column for the birthday', /existing data survives/],
    ['migrate users to uuid', /existing data survives/],
    ['take payments with stripe', /exact to the smallest unit/],
    ['add a login page', /signed in/],
    ['upload pictures', /Size, type and name/],
    ['let people upload pictures', /Size, type and name/],
    ['send reminders in the evening', /Time zones/],
    ['add a flag that prints less', /Its help names it/],
    ['show prices in euro', /exact to the smallest unit/],
  ])('%s', (text, criterion) => expect(added(text).join('\n')).toMatch(criterion));

  test('no more than two, those that are hardest to mend first', () => {
    const all = added('add a login page with a form that uploads files to the api, and a migration of existing users');
    expect(all).toHaveLength(2);
    expect(all[0]).toMatch(/signed in/);
    expect(all[1]).toMatch(/existing data/);
  });

  it.each<[string, TaskKind]>([
    ['fix the typo on the login page', 'fix'],
    ['move the sign up button to the right', 'feature'],
    ['show the number of tokens per prompt', 'feature'],
    ['add a role attribute to the nav', 'feature'],
    ['change the color of the pay button', 'feature'],
    ['fix the layout of the pricing page, prices overlap', 'fix'],
    ['remove the unused columns helper', 'refactor'],
    ['split the database module into two files', 'refactor'],
    ['rest of the errors should be shown too', 'feature'],
    ['rename the title of the settings page', 'feature'],
    ['make the login button red', 'feature'],
    ['show the author of a post', 'feature'],
  ])('nothing for: %s', (text, kind) => expect(added(text, kind)).toEqual([]));

  test('and nothing else', () => {
    expect(added('make the cancel link red')).toEqual([]);
    expect(added('add a login page', 'docs')).toEqual([]);
    expect(added('why is the login page slow', 'question')).toEqual([]);
    expect(added('make the page faster', 'fix')).toHaveLength(1);
    expect(added('upgrade react to version 19', 'refactor')[0]).toMatch(/release notes/);
  });
});

test('checks come in the order to run them', () => {
  const commands = { build: 'b', test: 't', types: 'y', lint: 'l' };
  expect(checksOf({ ...NOTHING, commands })).toEqual(['l', 'y', 't', 'b']);
  expect(checksOf(NOTHING)).toEqual([]);
});
