import { expect, it } from 'vitest';
import { acceptanceCriteria } from '../../../src/plugins/research/criteria.ts';
import { taskKind } from '../../../src/plugins/research/task-kind.ts';

const task = (text: string, kind: 'CODE' | 'RESEARCH' = 'CODE') => ({ kind, text, repository: 'app', agent: 'claude' });

it.each([
  ['add a login feature', 'feature'],
  ['make the cancel button red', 'feature'],
  ['Fix the failing login test', 'fix'],
  ['the login page crashes on Safari', 'fix'],
  ['search doesn’t work'.replace('’', "'"), 'fix'],
  ['add tests for the login', 'test'],
  ['write unit tests for the parser', 'test'],
  ['Refactor the login module', 'refactor'],
  ['rename User to Account', 'refactor'],
  ['update the README with the new commands', 'docs'],
  ['', 'feature'],
])('%j is a %s', (text, kind) => expect(taskKind(task(text))).toBe(kind));

it('takes every RESEARCH as a question', () => expect(taskKind(task('fix the bug', 'RESEARCH'))).toBe('question'));

it('names the checks of the repository, where there are any', () => {
  const facts = { languages: [], packageManager: undefined, guides: [], packages: [] };
  for (const kind of ['feature', 'fix', 'test', 'refactor', 'docs'] as const) {
    const criteria = acceptanceCriteria(kind, { ...facts, commands: { test: 'npm test', lint: 'npm run lint' } });
    expect(criteria.length).toBeGreaterThanOrEqual(3);
    expect(criteria.length).toBeLessThanOrEqual(6);
    expect(criteria.at(-1)).toBe('These pass: `npm run lint`, `npm test`.');
    expect(acceptanceCriteria(kind, { ...facts, commands: {} })).toHaveLength(3);
  }
});
