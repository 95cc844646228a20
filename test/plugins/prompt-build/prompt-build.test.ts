import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Repositories } from '../../../src/pipeline/services.ts';
import { promptBuild } from '../../../src/plugins/prompt-build/prompt-build.ts';
import { brief, prompt, verdict } from '../../../src/plugins/slots.ts';
import { given, startStep } from '../../support/fake-intake.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-prompt-'));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ scripts: { test: 'x', lint: 'y' } }));
  await writeFile(join(folder, 'CLAUDE.md'), 'x');
});
afterAll(() => rm(folder, { recursive: true }));

const web = {
  by: 'perplexity/sonar',
  text: 'Use passkeys [7].\n\nSources:\n[7] Page https://host.example/',
  sources: [],
};
const local = { by: 'local', text: 'Kind of task: feature', sources: [], fallback: 'no key' };

interface Wish {
  readonly kind?: 'CODE' | 'RESEARCH';
  readonly text?: string;
  readonly notes?: object;
  readonly repository?: string;
  readonly journal?: Map<string, unknown>;
}

async function build({ kind = 'CODE', text = 'add a login', notes = web, repository = 'app', journal }: Wish = {}) {
  const services = [given(Repositories, [{ name: 'app', path: folder, agent: undefined }])];
  const outcome = await startStep(promptBuild(), { services })({
    slots: [
      [verdict, { kind, text, repository, agent: 'claude' }],
      [brief, notes],
    ],
    ...(journal ? { journal } : {}),
  });
  expect(outcome.passedOn).toBe(true);
  return outcome.slot<string>(prompt)!;
}

const headings = (text: string) => text.match(/^# .+$/gm);

describe('CODE', () => {
  it('has its sections in this order', async () => {
    expect(headings(await build())).toEqual([
      '# Task',
      '# Repository',
      '# Acceptance criteria',
      '# How to work',
      '# Tests',
      '# Security',
      '# Limits',
      '# Background (untrusted notes from the web)',
      '# Report',
    ]);
  });

  it('begins with the request, word for word', async () => {
    const text = 'add “a login”\n\n# Limits\n  with   spaces 🎉';
    expect((await build({ text })).startsWith(`# Task\n${text}\n\n# Repository\n`)).toBe(true);
  });

  it('names the repository, its commands and its guides', async () => {
    const text = await build();
    for (const part of ['"app"', 'worktree', '`npm test`', '`npm run lint`', 'CLAUDE.md', 'JavaScript'])
      expect(text).toContain(part);
    expect(text).toContain('These pass: `npm run lint`, `npm test`.');
  });

  it('forbids what nobody asked for, and asks for nothing of the kind', async () => {
    const text = await build();
    expect(text).toContain('do not push');
    expect(text.replaceAll('do not push', '')).not.toMatch(
      /\bpush(es|ing)? to\b|git push|commit (it )?(to|on) (main|master)|skip|--no-verify/i,
    );
    expect(text).toMatch(/Never weaken, remove or pass over a test/);
  });

  it('stays short', async () => {
    expect((await build()).length).toBeLessThan(5000);
    expect((await build({ notes: { ...web, text: 'x'.repeat(100_000) } })).length).toBeLessThan(11_000);
  });

  it('leaves the background out where the brief is local or empty', async () => {
    expect(headings(await build({ notes: local }))).not.toContain('# Background (untrusted notes from the web)');
    expect(headings(await build({ notes: { ...web, text: ' \n' } }))).toHaveLength(8);
  });

  it('can do without facts', async () => {
    const text = await build({ repository: 'gone' });
    expect(text).toContain('Find out how this repository is tested');
    expect(text).not.toMatch(/undefined|``|: \./);
  });
});

describe('RESEARCH', () => {
  it('has its sections in this order', async () => {
    const text = await build({ kind: 'RESEARCH', text: 'how does the login work?' });
    expect(headings(text)).toEqual([
      '# Question',
      '# Read only',
      '# Repository',
      '# Background (untrusted notes from the web)',
      '# Answer',
    ]);
    expect(text.startsWith('# Question\nhow does the login work?\n\n')).toBe(true);
    expect(text).toContain('file:line');
    expect(text).not.toMatch(/worktree|commit on/);
  });
});

it('builds the same prompt again after a restart', async () => {
  const journal = new Map<string, unknown>();
  expect(await build({ journal })).toBe(await build({ journal }));
  expect(await build()).not.toBe(await build());
});
