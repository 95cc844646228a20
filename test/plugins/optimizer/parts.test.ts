import { describe, expect, it } from 'vitest';
import { type Case, factsOf } from './facts-of.ts';

const tooling = { 'package.json': { devDependencies: { husky: '9.0.0' }, scripts: { prepare: 'husky' } } };
const backend = {
  'backend/pyproject.toml': '[project]\nname = "api"\ndependencies = ["fastapi", "web-ui"]\n[tool.pytest]\n',
  'backend/uv.lock': '',
};
const frontend = {
  'frontend/package.json': {
    name: 'web-ui',
    scripts: { test: 'vitest run' },
    devDependencies: { vitest: '3.0.0', secret: '1.0.0', '@corp/x': '1.0.0' },
  },
};

describe('a root that cannot be tested tells of what lies below', () => {
  it.each<Case>([
    [
      'husky above a backend and a frontend',
      { ...tooling, ...backend, ...frontend },
      {
        languages: ['JavaScript', 'Python'],
        packageManager: 'uv',
        frameworks: ['FastAPI', 'Vitest 3.0.0'],
        commands: { test: '(cd backend && uv run pytest) && (cd frontend && npm test)' },
        layout: ['backend/ (Python)', 'frontend/ (JavaScript)'],
      },
    ],
    [
      'husky above services of Go',
      { ...tooling, 'services/mail/go.mod': 'module corp.example/mail\n' },
      {
        languages: ['JavaScript', 'Go'],
        commands: expect.objectContaining({ test: '(cd services/mail && go test ./...)' }),
        layout: ['services/mail/ (Go)'],
      },
    ],
    [
      'a command of the root wins, and its documentation is no part',
      {
        'package.json': { scripts: { lint: 'eslint .' } },
        'docs/requirements.txt': 'sphinx\n',
        'web/package.json': { scripts: { lint: 'x', test: 'y' } },
      },
      { languages: ['JavaScript'], commands: { lint: 'npm run lint', test: '(cd web && npm test)' } },
    ],
    [
      'a root that can be tested stays alone',
      { 'package.json': { scripts: { test: 'x' } }, ...backend },
      { languages: ['JavaScript'], commands: { test: 'npm test' } },
    ],
    [
      'members of its workspace are no parts',
      { 'package.json': { workspaces: ['web'] }, 'web/package.json': { name: 'web' }, ...backend },
      { languages: ['JavaScript', 'Python'], layout: ['web/ (JavaScript)', 'backend/ (Python)'] },
    ],
    [
      'settings of the root, and the names of all parts, make packages of each private',
      { '.npmrc': '@corp:registry=https://npm.corp.example\n', ...backend, ...frontend },
      { packages: ['fastapi', 'vitest 3.0.0', 'secret 1.0.0'] },
    ],
    [
      'a registry of the root counts for the parts',
      { '.npmrc': 'registry=https://npm.corp.example\n', 'pip.conf': '', ...frontend },
      { packages: ['vitest 3.0.0'] },
    ],
  ])('%s', async (_, files, facts) => expect(await factsOf(files)).toMatchObject(facts));
});

describe('which of several comes first', () => {
  it.each<Case>([
    [
      'a Makefile before what is usual',
      { 'go.mod': 'module x\n', Makefile: 'test:\n' },
      { commands: { lint: 'go vet ./...', test: 'make test', build: 'go build ./...' } },
    ],
    [
      'the manager of Rails before that of its scripts',
      { Gemfile: "gem 'rails'\n", 'package.json': { dependencies: { react: '19.0.0' } } },
      { packageManager: 'bundler' },
    ],
    [
      'the manager of Laravel likewise, whose skeleton has its own vendor',
      {
        'composer.json': { name: 'laravel/laravel', require: { 'laravel/framework': '^12.0' } },
        'package.json': { devDependencies: { vite: '7.0.0' } },
      },
      { packageManager: 'composer', packages: ['vite 7.0.0', 'laravel/framework 12.0'] },
    ],
    ['deno.jsonc', { 'deno.jsonc': '{}' }, { packageManager: 'deno' }],
  ])('%s', async (_, files, facts) => expect(await factsOf(files)).toMatchObject(facts));
});
