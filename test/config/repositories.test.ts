import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRepositories } from '../../config/repositories.ts';
import { defineAgent } from '../../src/pipeline/part.ts';

const claude = defineAgent({
  name: 'claude',
  create() {
    throw new Error('not set up here');
  },
});

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'milton-repositories-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function gitFolder(path: string): void {
  mkdirSync(join(path, 'objects'), { recursive: true });
  writeFileSync(join(path, 'HEAD'), 'ref: refs/heads/main\n');
}
const read = (repositories: Record<string, { path: string; agent?: string }>) =>
  readRepositories({ repositories, agents: [claude(), claude({ as: 'careful' })] }, root);
const only = (path: string) => read({ app: { path } }).problems;

test('a checkout is found by absolute and relative path, and gets its agent', () => {
  gitFolder(join(root, 'app/.git'));
  gitFolder(join(root, 'api/.git'));
  expect(read({ app: { path: 'app', agent: 'careful' }, api: { path: join(root, 'api') } })).toEqual({
    repositories: [
      { name: 'app', path: join(root, 'app'), agent: 'careful' },
      { name: 'api', path: join(root, 'api'), agent: undefined },
    ],
    problems: [],
  });
});

test('two names for one folder are refused, however it is written', () => {
  gitFolder(join(root, 'app/.git'));
  symlinkSync(join(root, 'app'), join(root, 'link'));
  const { problems } = read({ app: { path: 'app' }, again: { path: './app/' }, linked: { path: 'link' } });
  expect(problems.map(({ where, what }) => [where, what])).toEqual([
    ['repositories.again.path', expect.stringMatching(/is the folder of "app" already/)],
    ['repositories.linked.path', expect.stringMatching(/is the folder of "app" already/)],
  ]);
});

test('a linked worktree is a checkout', () => {
  gitFolder(join(root, 'app/.git'));
  const linked = join(root, 'app/.git/worktrees/tree');
  mkdirSync(linked, { recursive: true });
  writeFileSync(join(linked, 'HEAD'), '');
  writeFileSync(join(linked, 'commondir'), '../..');
  mkdirSync(join(root, 'tree'));
  writeFileSync(join(root, 'tree/.git'), `gitdir: ${linked}\n`);
  expect(only('tree')).toEqual([]);
});

test.each<[string, string, RegExp, RegExp]>([
  ['no path', ' ', /no path is given/, /TARGET_REPO/],
  ['a missing folder', 'nowhere', /does not exist/, /clone/],
  ['a file', 'file', /is not a folder/, /checkout/],
  ['an ordinary folder', 'plain', /is not a git repository/, /git init/],
  ['a bare repository', 'bare.git', /is a bare repository/, /git clone/],
  ['a folder inside a repository', 'app/src', /is a folder inside the repository .*app$/, /^Name .*app$/],
  ['an empty .git', 'hollow', /is not a git repository/, /git init/],
  ['a .git that points to nothing', 'pointer', /is not a git repository/, /git init/],
])('%s is refused', (_, path, what, repair) => {
  writeFileSync(join(root, 'file'), '');
  for (const folder of ['plain', 'app/src', 'hollow/.git', 'pointer'])
    mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'pointer/.git'), 'gitdir: ../gone\n');
  gitFolder(join(root, 'bare.git'));
  gitFolder(join(root, 'app/.git'));
  expect(only(path)).toEqual([
    { where: 'repositories.app.path', what: expect.stringMatching(what), repair: expect.stringMatching(repair) },
  ]);
});

test('names that cannot be spoken, and agents that do not exist', () => {
  for (const name of ['a', 'app', 'b']) gitFolder(join(root, `${name}/.git`));
  const { problems } = read({
    'My App': { path: 'a' },
    app: { path: 'app', agent: 'cluade' },
    b: { path: 'b', agent: 'zzz' },
  });
  expect(problems).toEqual([
    {
      where: 'repositories.My App',
      what: 'this name cannot be used in a request',
      repair: expect.stringContaining('@name'),
    },
    { where: 'repositories.app.agent', what: 'there is no agent "cluade"', repair: 'Did you mean "claude"?' },
    { where: 'repositories.b.agent', what: 'there is no agent "zzz"', repair: 'Configured agents: claude, careful' },
  ]);
});
