// What CI says of the packages Milton is installed with; npm is a stand-in that answers as the real one does.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { root } from './support/pages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const unavailable = JSON.stringify({ message: '405 Method Not Allowed', error: { summary: '' } });
const clean = JSON.stringify({ auditReportVersion: 2, vulnerabilities: {} });
const good = { license: 'MIT', integrity: 'sha512-x' };

/** Runs the check on a folder with such a lock file and such manifests. */
async function check(
  locked: Record<string, object>,
  { manifests = {}, audit = clean, allowScripts = {}, bundled = '' } = {},
) {
  const packages = { '': {}, ...Object.fromEntries(Object.entries(locked).map(([k, v]) => [`node_modules/${k}`, v])) };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
  const scripts = bundled ? { build: 'make' } : {};
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ allowScripts, scripts }));
  mkdirSync(join(folder, 'dist'));
  if (bundled) writeFileSync(join(folder, 'dist/THIRD-PARTY.md'), `## ${bundled}\n`);
  for (const [name, manifest] of Object.entries(manifests)) {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify(manifest));
  }
  writeFileSync(join(folder, 'audit.json'), audit);
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\n[ "$1" = audit ] && cat ${folder}/audit.json\nexit 1\n`, {
    mode: 0o700,
  });
  return checkIn(folder, folder);
}

function checkIn(where: string, npm: string) {
  return new Promise<{ code: unknown; said: string }>((done) => {
    const env = { ...process.env, PATH: `${npm}${delimiter}${process.env.PATH}` };
    execFile(process.execPath, [join(root, 'scripts/check-packages.mjs'), where], { env }, (error, stdout, stderr) =>
      done({ code: error?.code ?? 0, said: stdout + stderr }),
    );
  });
}

test('T16: the packages Milton is installed with have a licence, a hash, and no script of their own', async () => {
  writeFileSync(join(folder, 'npm'), `#!/bin/sh\necho '${clean}'`, { mode: 0o700 });
  const { code, said } = await checkIn(root, folder);
  expect(said).toContain('nothing is known against what is shipped');
  expect(code).toBe(0);
});

test('T16: a licence that is not on the list is named, whoever says it', async () => {
  const { code, said } = await check(
    {
      fine: { ...good, license: '(MIT OR GPL-3.0)' },
      both: { ...good, license: 'MIT AND ISC' },
      tool: { ...good, license: 'MPL-2.0', dev: true },
      shipped: { ...good, license: 'MPL-2.0' },
      '@some/copyleft': { ...good, license: 'AGPL-3.0-only' },
      mixed: { ...good, license: 'MIT AND GPL-2.0' },
      odd: { ...good, license: '(MIT OR ISC) AND (GPL-2.0 OR BSL-1.0)' },
      silent: { integrity: 'sha512-x' },
      liar: good,
      old: { integrity: 'sha512-x' },
    },
    { manifests: { liar: { license: 'SSPL-1.0' }, old: { licenses: [{ type: 'MIT' }, { type: 'GPL-2.0' }] } } },
  );
  expect(code).toBe(1);
  const named = [...said.matchAll(/^(\S+): its licence is (.+)$/gm)].map(([, name]) => name);
  expect(named).toEqual(['shipped', '@some/copyleft', 'mixed', 'odd', 'silent', 'liar']);
});

test('T16: a package without a hash is named, and one that runs a script unasked', async () => {
  const { code, said } = await check(
    {
      bare: { license: 'MIT' },
      weak: { license: 'MIT', integrity: 'sha1-x' },
      runs: { ...good, hasInstallScript: true },
      may: { ...good, hasInstallScript: true },
    },
    { allowScripts: { may: true } },
  );
  expect(code).toBe(1);
  expect([...said.matchAll(/^(\w+): (it runs|the lock)/gm)].map(([, name]) => name)).toEqual(['bare', 'weak', 'runs']);
});

test('T16: what npm knows against a package fails the check', async () => {
  const vulnerabilities = { fine: { name: 'fine', severity: 'high', range: '<2' } };
  const { code, said } = await check(
    { fine: good },
    { audit: JSON.stringify({ auditReportVersion: 2, vulnerabilities }) },
  );
  expect(code).toBe(1);
  expect(said).toContain('fine <2: high');
});

test.each([
  ['refuses', unavailable],
  ['answers something else', '<html>'],
  ['is silent', ''],
])('T16: where the registry %s, the check says that it could not ask', async (_what, audit) => {
  const { code, said } = await check({ fine: good }, { audit });
  expect(code).toBe(0);
  expect(said).toContain('VULNERABILITIES WERE NOT CHECKED');
});

test('T16: what is bundled counts as shipped, though npm takes it for a tool', async () => {
  const locked = { inside: { ...good, license: 'MPL-2.0', dev: true }, tool: { ...good, dev: true } };
  const found = (name: string) => ({ name, severity: 'high', range: '<2', nodes: [`node_modules/${name}`] });
  const audit = JSON.stringify({ vulnerabilities: { inside: found('inside'), tool: found('tool') } });
  const { code, said } = await check(locked, { audit, bundled: 'inside 1.0.0 (MPL-2.0)' });
  expect(said).toContain('inside: its licence is MPL-2.0');
  expect(said).toContain('inside <2: high');
  expect(said).not.toContain('tool <2');
  expect(code).toBe(1);
});

test('T16: without a build nobody knows what is bundled, and the check says so', async () => {
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: {} }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { build: 'make' } }));
  const { code, said } = await checkIn(folder, folder);
  expect(said).toMatch(/THIRD-PARTY\.md is missing.*Run: npm run build/);
  expect(code).toBe(1);
});
