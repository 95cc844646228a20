import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { ProcessRunner } from '../../../src/pipeline/services.ts';
import { factsReader } from '../../../src/plugins/optimizer/repository-facts.ts';
import { type FakeServices, fakeHost, hermetic } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const SECRET = 'correct-horse-battery-staple';

const commitsOf = async (repo: GitRepo, services: FakeServices = {}) => {
  const variables = hermetic(repo.home);
  return (await factsReader(fakeHost(undefined, {}, { variables, secrets: [SECRET], ...services }).get)(repo.path))
    .commits;
};

test('the five newest, newest first, each a clean line of at most 72 characters without secrets', async () => {
  using repo = gitRepo();
  const subjects = [
    'the oldest',
    `key ${SECRET} removed`,
    `${'x'.repeat(60)} ${SECRET}`,
    'a \x1b[31mred\x1b[0m\u202e subject\x07 with `code`',
    'two\nlines\n\nand a body',
    'ghp_0123456789abcdefghijklmnopqrstuvwxyzAB in use',
    'Übung — 日本',
  ];
  for (const subject of subjects) repo.git('commit', '--quiet', '--allow-empty', '-m', subject);
  const commits = await commitsOf(repo);
  expect(commits).toEqual([
    'Übung — 日本',
    '[redacted] in use',
    'two lines',
    'a red subject with `code`',
    `${'x'.repeat(60)} [redacted]`,
  ]);
});

test('of the checkout, whatever else there is', async () => {
  using repo = gitRepo();
  repo.git('switch', '--quiet', '-c', 'other');
  repo.git('commit', '--quiet', '--allow-empty', '-m', 'elsewhere');
  repo.git('switch', '--quiet', 'main');
  writeFileSync(join(repo.path, 'HEAD'), '');
  expect(await commitsOf(repo)).toEqual(['Start']);
});

test('none without a commit, without git, in a broken repository, and in a folder of another repository', async () => {
  using repo = gitRepo({ commit: false });
  expect(await commitsOf(repo)).toEqual([]);
  repo.git('commit', '--quiet', '--allow-empty', '-m', 'x');
  expect(await commitsOf(repo, { variables: { PATH: '/nowhere' } })).toEqual([]);
  const below = join(repo.path, 'below');
  mkdirSync(below);
  expect(await commitsOf({ ...repo, path: below })).toEqual([]);
  rmSync(join(repo.path, '.git', 'HEAD'));
  expect(await commitsOf(repo)).toEqual([]);
});

test('none where git does not end', async () => {
  using repo = gitRepo();
  const hangs: ProcessRunner = {
    run: (_command, _args, { signal } = {}) =>
      new Promise((resolve) => {
        const ended = { exitCode: undefined, stdout: 'half', stderr: '', failure: 'aborted' } as const;
        signal!.addEventListener('abort', () => resolve(ended));
      }),
  };
  expect(await commitsOf(repo, { runner: hangs })).toEqual([]);
});

test('nothing that the repository names is started', async () => {
  using repo = gitRepo();
  const trap = join(repo.root, 'trap');
  writeFileSync(trap, `#!/bin/sh\ntouch ${repo.root}/caught\ncat\n`);
  chmodSync(trap, 0o755);
  for (const key of ['core.pager', 'pager.log', 'core.fsmonitor', 'gpg.program', 'diff.external', 'core.editor']) {
    repo.git('config', key, trap);
  }
  repo.git('config', 'log.showSignature', 'true');
  expect(await commitsOf(repo)).toEqual(['Start']);
  expect(existsSync(join(repo.root, 'caught'))).toBe(false);
});
