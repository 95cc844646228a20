import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cleaner } from '../../../src/pipeline/services/clean.ts';
import { createRedactor } from '../../../src/pipeline/services/redact.ts';
import { outgoing } from '../../../src/plugins/research/outgoing.ts';
import fc from '../../support/property.ts';
import { FACTS } from '../../support/research.ts';

const clean = cleaner(createRedactor(['made-up-secret']));
const home = '/people/alice';
let repository: string;
beforeAll(() => {
  repository = mkdtempSync(join(tmpdir(), 'milton-outgoing-'));
  mkdirSync(join(repository, 'src/auth'), { recursive: true });
  mkdirSync(join(repository, 'frontend'));
  mkdirSync(join(repository, 'api/größe'), { recursive: true });
  writeFileSync(join(repository, 'src/auth/login.ts'), '');
  writeFileSync(join(repository, 'api/größe/kunden'), '');
});
afterAll(() => rmSync(repository, { recursive: true }));

const sent = (text: string) => outgoing(text, { languages: [], packages: [] }, { clean, home, repository });

it('is the request, and the public facts of the stack', () => {
  const here = { clean, home, repository };
  expect(outgoing('add a login', FACTS, here)).toEqual({
    text: 'add a login\n\nThe project uses: TypeScript, react 19.1.0.',
    whole: true,
  });
});

describe('T21: takes out what is nobody’s business', () => {
  it.each([
    ['fix /home/me/app/src/a.ts, please', 'fix [path], please'],
    ['see C:\\work\\b.ts and ~/c.ts', 'see [path] and [path]'],
    ['C:/Users/alice/acme', '[path]'],
    ['\\\\fileserver\\acme\\payroll', '[path]'],
    ['$HOME/acme and %USERPROFILE%\\acme', '[path] and [path]'],
    ['file:///home/alice/acme/payroll', '[path]'],
    ['at webpack:///src/pay.ts:3', 'at [path]'],
    ['cwd:/home/alice/acme', 'cwd:[path]'],
    ['bob@host:/home/bob/acme', 'bob@host:[path]'],
    ['PATH=/usr/bin:/home/alice/bin', 'PATH=[path]'],
    ['/workspaces/acme and /data/clients/acme/payroll', '[path] and [path]'],
    ['/usr/local/acme/x and /run/secrets/acme', '[path] and [path]'],
    ['"/home/Jane Doe/Acme Payroll/app" fails', '[path] fails'],
    ['/people/alice/notes.md', '[path]'],
    ['the bug is in src/auth/login.ts:12:3', 'the bug is in [file]'],
    ['look at ./lib/deep/er/x.test.tsx.', 'look at [file].'],
    ['lib\\win\\a.cs fails', '[file] fails'],
    ['src\\auth is slow', '[folder] is slow'],
    ['everything in src/auth is slow', 'everything in [folder] is slow'],
    ['in api/größe/kunden', 'in [file]'],
    ['config/.env.production', '[file]'],
    ['why does this fail?\n```ts\nconst a = secretAlgorithm();\n```\nthanks', 'why does this fail?\n[code]\nthanks'],
    ['~~~\nx\n~~~\nwhy?', '[code]\nwhy?'],
    ['```\nnever closed', '[code]'],
    ['why?\nconst a = secret();\nif (a) {\n  run(a);\n}\nthanks', 'why?\n[code]\nthanks'],
    ['def pay(x):\n    return x;\nimport os', '[code]'],
    ['what is `a = b(secret);` for', 'what is [code] for'],
    ['--- a/x.ts\n+++ b/x.ts\n@@ -1 +1 @@\n-secret()\n+other()', '[code]'],
    ['the key is made-up-secret', 'the key is [redacted]'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ456789', '[redacted]'],
  ])('%j', (text, expected) => expect(sent(text)).toEqual({ text: expected, whole: false }));

  it('the repository itself, wherever it stands', () => {
    expect(sent(`in ${repository}/src and x=${repository}`).text).toBe('in [path] and x=[path]');
  });
});

describe('leaves the rest as it is', () => {
  it.each([
    'add a route /api/login and /src/x',
    'the routes /users/login, /system/health, /library/books and /data/export',
    'rename "/users/me" to "/account"',
    'read https://example.com/docs/page.html and example.com/docs/a.html',
    'use @tanstack/react-query and/or TCP/IP 24/7',
    'rename foo.ts, see CLAUDE.md',
    'should we use React/Next.js or Vue/Nuxt.js?',
    'upgrade react to ~18.2.0, it takes ~500ms',
    'see github.com/vercel/next.js and HTML/CSS/D3.js',
    'MySQL/Postgres.Please',
    'Python 3/asyncio.run',
    'split frontend/backend auth',
    'api/v1/users returns 500',
    'what about resources/images',
    'what is `retry` for, and `foo()`?',
    'First line.\nSecond line, with a = b.\n- a list: of things\n- and more',
    'PATH is too long',
  ])('%j', (text) => expect(sent(text)).toEqual({ text, whole: true }));
});

it('takes time in proportion to the length, and never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => void sent(text)));
  // Of the processor, since others may have it meanwhile.
  const began = process.cpuUsage();
  for (const piece of [
    'a/',
    '/',
    'a.',
    '```',
    './',
    'src/',
    '~/',
    '\\',
    'a\\',
    '@a/',
    '/home/',
    '"/home/',
    '`=',
    'a=\n',
    'if (\n',
    'é/',
  ]) {
    sent(piece.repeat(20_000));
  }
  expect(process.cpuUsage(began).user).toBeLessThan(8_000_000);
});
