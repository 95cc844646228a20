import { expect, test } from 'vitest';
import { pathShortener } from '../../../src/pipeline/privacy/short-paths.ts';
import { proportionOf } from '../../support/proportion.ts';

const shorten = pathShortener({
  home: '/home/me',
  worktrees: '/home/me/.local/state/milton/worktrees',
  repositories: ['/home/me/code/app', '/data/my repo'],
  folders: ['/data/milton'],
});

test.each([
  ['in a copy', 'Edit /home/me/.local/state/milton/worktrees/req_k4m2xa/src/app.ts:12:3', 'Edit src/app.ts:12:3'],
  ['in a second copy', '/home/me/.local/state/milton/worktrees/req_k4m2xa-codex/a.ts', 'a.ts'],
  [
    'a copy itself',
    'It is in /home/me/.local/state/milton/worktrees/req_k4m2xa.',
    'It is in ~/.local/state/milton/worktrees/req_k4m2xa.',
  ],
  ['in a repository', '"/home/me/code/app/src/a.ts"', '"src/a.ts"'],
  ['a repository itself', 'git failed in /home/me/code/app: no', 'git failed in …/app: no'],
  ['a repository with a blank', 'at /data/my repo/src/a.ts', 'at src/a.ts'],
  ['beside a repository', '/home/me/code/application/x', '~/code/application/x'],
  ['at home', '/home/me/.claude/settings.json and /home/me', '~/.claude/settings.json and ~'],
  ['of somebody else', '/home/other/keys/a.txt, /Users/jo/b', '…/a.txt, …/b'],
  [
    'of the system',
    "ENOENT: open '/etc/milton/x.json'; /tmp/a-b/c (/opt/app/bin/run)",
    "ENOENT: open '…/x.json'; …/c (…/run)",
  ],
  ['of Milton', '/data/milton/agents/req_k4m2xa.out and /data/milton', '…/req_k4m2xa.out and …/milton'],
  ['in a list', 'PATH=/usr/bin:/home/me/bin', 'PATH=…/bin:~/bin'],
  ['as the address of a file', 'file:///home/me/a.md', 'file://~/a.md'],
  ['glued to something', '-I/home/me/include vscode://file/home/me/x', '-I…/include vscode://file…/x'],
  ['encoded', '?file=%2Fhome%2Fme%2Fx', '?file=…%2Fx'],
])('T4: a path %s', (_, text, expected) => {
  expect(shorten(text)).toBe(expected);
});

test.each([
  'https://example.org/home/me/x, https://example.org:8080/var/log and //cdn.example.org/tmp/a',
  'and/or, read/write, 1/2, s/\\/home\\/x/y/',
  'GET /api/login, the /home page, /homework/due, route /users/42',
  './tmp/x, ../var/y, src/home/z, ~/x, 2>/dev/null',
])('leaves alone: %s', (text) => {
  expect(shorten(text)).toBe(text);
});

test('takes time in proportion to the text', () => {
  const proportion = proportionOf(shorten, 'What a path /home/me/text it is. ');
  for (const part of ['/', '/home', '/home/', '/tmp/a', '/home/me/code/app', '.', '/tmp/.', 'https://a/', '%2F']) {
    expect(proportion(part), part).toBeLessThan(100);
  }
});
