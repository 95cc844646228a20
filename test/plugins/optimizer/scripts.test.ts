import { expect, it, test } from 'vitest';
import { factsOf } from './facts-of.ts';

const commandsOf = async (scripts: Readonly<Record<string, string>>) =>
  (await factsOf({ 'package.json': { scripts } })).commands;

it.each([
  ...[
    'jest --watch',
    'jest --watchAll',
    'vitest watch',
    'vitest -w',
    'npm run test:watch',
    'ng test',
    'x '.repeat(2_000),
  ],
])('%s is no test', async (script) => {
  expect(await commandsOf({ test: script })).toEqual({});
  expect(await commandsOf({ test: script, 'ci:test': 'jest' })).toEqual({ test: 'npm run ci:test' });
});

it.each(['jest --watchAll=false', 'vitest --watch=false', 'ng test --watch=false', 'ng test --no-watch --browsers=X'])(
  '%s is one',
  async (script) => expect(await commandsOf({ test: script })).toEqual({ test: 'npm test' }),
);

test('what watches unless nobody is there is told so', async () => {
  expect(await commandsOf({ test: 'react-scripts test' })).toEqual({ test: 'CI=1 npm test' });
  expect(await commandsOf({ test: 'react-scripts test --watchAll=false' })).toEqual({ test: 'npm test' });
});

it.each(['eslint --fix .', 'prettier --write .', 'lint-staged', 'npm run lint:fix', 'tsc -w'])(
  '%s is no linter',
  async (lint) => {
    expect(await commandsOf({ lint })).toEqual({});
    expect(await commandsOf({ lint, 'lint:ci': 'eslint .' })).toEqual({ lint: 'npm run lint:ci' });
  },
);

it.each(['docker build . && docker push x', 'npm publish', 'x && npm run deploy', 'semantic-release'])(
  '%s is no build',
  async (build) => expect(await commandsOf({ build })).toEqual({}),
);

test('a script that changes files in one member is run in none', async () => {
  const root = { 'package.json': { workspaces: ['*'] }, 'a/package.json': { scripts: { lint: 'eslint .' } } };
  expect((await factsOf(root)).commands.lint).toBe('npm run lint --workspaces --if-present');
  const fixing = { ...root, 'b/package.json': { scripts: { lint: 'eslint --fix .' } } };
  expect((await factsOf(fixing)).commands).toEqual({});
});

test('scripts of composer likewise', async () => {
  const of = async (scripts: object) => (await factsOf({ 'composer.json': { scripts } })).commands;
  expect(await of({ lint: 'pint', cs: ['phpcs'], test: 'phpunit-watcher watch' })).toEqual({ lint: 'composer cs' });
});
