import { describe, expect, it } from 'vitest';
import type { SlotValue } from '../../../src/pipeline/slot.ts';
import { brief, result, summary, verdict } from '../../../src/plugins/slots.ts';
import { headAndTail, summarise } from '../../../src/plugins/summarise/summarise.ts';
import { FakeRun, runStep } from '../../support/fake-run.ts';
import fc from '../../support/property.ts';

type Result = SlotValue<typeof result>;
type Verdict = SlotValue<typeof verdict>;

const changes = {
  branch: 'milton/req_a-login',
  base: 'aaa',
  head: 'bbb',
  commits: 1,
  files: [
    { path: 'src/login.ts', added: 80, removed: 0 },
    { path: 'README.md', added: 4, removed: 6 },
  ],
};
const worked: Result = {
  agent: 'Claude Code',
  status: 'succeeded',
  text: 'Added the login.',
  durationMs: 192_000,
  denials: [],
  costUsd: 0.214,
  changes,
};
const unchanged: Result = { ...worked, changes: { ...changes, head: 'aaa', commits: 0, files: [] } };

async function summed(done: Result, asked: Partial<Verdict> = {}, known?: SlotValue<typeof brief>, options = {}) {
  const run = new FakeRun('req_a')
    .with(verdict, { kind: 'CODE', text: 'add a login', repository: 'app', agent: 'claude', ...asked })
    .with(result, done);
  if (known) run.with(brief, known);
  await runStep(summarise(options), run, {});
  const said = run.get(summary) as SlotValue<typeof summary>;
  return { ...said, text: [said.body, said.below].filter(Boolean).join('\n\n') };
}

// Every code point, lone surrogates too; fast-check's own unit takes a second to set up.
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));

describe('summarise', () => {
  it('tells what was done, how long it took, and what changed where', async () => {
    const { outcome, title, body, below } = await summed(worked);
    expect({ outcome, title }).toEqual({ outcome: 'done', title: '✅ [req_a] Claude Code finished' });
    expect(body).toBe(
      [
        'app · add a login',
        '2 files +84 −6 · done · 3 min 12 s · $0.21',
        'branch milton/req_a-login',
        '  src/login.ts +80 −0',
        '  README.md +4 −6',
      ].join('\n'),
    );
    expect(below).toBe('Added the login.');
  });

  it('says the most important things in the 90 characters of a lock screen', async () => {
    const { body } = await summed(worked, { text: `add\na login ${'to everything '.repeat(20)}` });
    expect(body.slice(0, 90)).toMatch(/^app · add a login to.*…\n2 files \+84 −6 · done · 3 min 12 s/);
  });

  it('says how a run that has reached its limit can go on, where it can', async () => {
    const stopped = {
      ...worked,
      status: 'failed',
      cause: 'budget',
      reason: 'It was stopped at its limit of cost.',
    } as const;
    const told = 'It was stopped at its limit of cost.\nCONTINUE req_a lets it go on.\n';
    expect((await summed({ ...stopped, goOn: { agent: 'claude', folder: '/f' } })).body).toContain(told);
    expect((await summed(stopped)).body).not.toContain('CONTINUE');
    expect((await summed({ ...stopped, cause: 'crash', goOn: { agent: 'claude', folder: '/f' } })).body).not.toContain(
      'CONTINUE',
    );
  });

  it('does not believe a claim without a change', async () => {
    const { title, body } = await summed(unchanged);
    expect(title).toBe('⚠️ [req_a] Claude Code finished, but changed nothing');
    expect(body).toBe('app · add a login\nsays done, but no file changed · 3 min 12 s · $0.21');
    expect(body).not.toContain('milton/req_a-login');
  });

  it('counts a commit that only moves history as a change', async () => {
    expect((await summed({ ...unchanged, changes: { ...changes, files: [] } })).title).toMatch(/^✅/);
  });

  it('shows what the agent was refused', async () => {
    const { title, body } = await summed({ ...worked, denials: ['Bash npm test', 'Bash ls', 'WebFetch', 'Edit x'] });
    expect(title).toBe('⚠️ [req_a] Claude Code finished, but was refused 4 tool uses');
    expect(body).toContain('Refused: Bash npm test, Bash ls, WebFetch, and 1 more');
  });

  it.each([
    ['passed', undefined, '✅ [req_a] Claude Code finished', 'tests pass'],
    ['failed', 'passed', '⚠️ [req_a] Claude Code finished, but tests fail', 'tests fail'],
    [
      'failed',
      'failed',
      '⚠️ [req_a] Claude Code finished, but tests fail, as they did before',
      'tests fail, as they did before',
    ],
    [
      'broken',
      undefined,
      '⚠️ [req_a] Claude Code finished, but the tests could not be started',
      'the tests could not be started',
    ],
    ['timeout', undefined, '⚠️ [req_a] Claude Code finished, but the tests did not end', 'the tests did not end'],
  ] as const)('says what the repository itself says of it: %s, before %s', async (outcome, before, title, words) => {
    const tests = { command: 'npm test', outcome, ms: 2_000, tail: '1 failing', ...(before ? { before } : {}) };
    const said = await summed({ ...worked, denials: ['Bash ls'], tests });
    expect(
      outcome === 'passed' ? said.title.replace(', but was refused 1 tool use', '').replace('⚠️', '✅') : said.title,
    ).toBe(title);
    expect(said.body).toContain(`2 files +84 −6 · ${words} · done`);
    expect(said.report).toContain(`## Tests\n\n$ npm test\n1 failing\n(${words}, 2 s)`);
  });

  it('says that tests ran in a sandbox where they did not pass, and nothing of it elsewhere', async () => {
    const tests = { command: 'npm test', ms: 2_000, tail: '1 failing', confined: true } as const;
    const failed = await summed({ ...worked, tests: { ...tests, outcome: 'failed' } });
    expect(failed.report).toContain('(tests fail, 2 s)\nThey ran in a sandbox without network.\n');
    const passed = await summed({ ...worked, tests: { ...tests, outcome: 'passed' } });
    expect(`${failed.body}${failed.below}${passed.body}${passed.report}`).not.toContain('sandbox');
  });

  it('says what could not be committed, before anything else', async () => {
    const left = { folder: '/state/worktrees/req_a', why: 'sub is a repository of its own' };
    const { title, body } = await summed({ ...unchanged, changes: { ...unchanged.changes!, left } });
    expect(title).toBe('⚠️ [req_a] Claude Code finished, but not all of it could be committed');
    expect(body).toContain(
      'app · add a login\nnot committed: sub is a repository of its own. It is in /state/worktrees/req_a\n',
    );
  });

  it('counts refused edits as such', async () => {
    const { title } = await summed({ ...worked, denials: ['Edit a.ts', 'Write b.ts', 'Edit c.ts'] });
    expect(title).toBe('⚠️ [req_a] Claude Code finished, but was refused 3 edits');
  });

  it('tells why another agent was to do it first, and what the work took', async () => {
    const after = { agent: 'Claude Code', reason: 'Limit reached.' };
    const { title, body, report } = await summed({ ...worked, agent: 'Codex', after, tokens: 12_345, turns: 3 });
    expect(title).toBe('✅ [req_a] Codex finished');
    expect(body).toContain('app · add a login\nClaude Code could not: Limit reached.\n2 files');
    expect(report).toContain('Turns: 3\nTokens: 12,345');
  });

  it('puts the reason of a failure behind the request', async () => {
    const { outcome, title, body } = await summed({
      ...worked,
      status: 'failed',
      reason: 'It was stopped after 30 min.',
    });
    expect([outcome, title]).toEqual(['failed', '❌ [req_a] Claude Code failed']);
    expect(body).toMatch(
      /^app · add a login\nIt was stopped after 30 min\.\n2 files \+84 −6 · failed · 3 min 12 s · \$0\.21\nbranch milton/,
    );
    expect((await summed({ ...unchanged, status: 'failed', reason: 'No.' })).body).toContain(
      '\nNo.\n0 files changed · failed',
    );
    const question = { ...worked, changes: undefined, status: 'failed', reason: 'No.' } as const;
    expect((await summed(question, { kind: 'RESEARCH' })).body).toBe(
      'app · add a login\nNo.\nfailed · 3 min 12 s · $0.21',
    );
  });

  it('says that a dry run ran nothing', async () => {
    const { outcome, title, text, report } = await summed({
      agent: 'Claude Code',
      status: 'dry-run',
      text: '# The prompt',
      durationMs: 0,
      denials: [],
    });
    expect([outcome, title]).toEqual(['done', '🧪 [req_a] dry run: Claude Code was not started']);
    expect(text).toBe('app · add a login\ndry run\n\n# The prompt');
    expect(report).toContain('## Prompt');
  });

  it('answers a question first, and names at most three sources last', async () => {
    const sources = [1, 2, 3, 4].map((n) => ({
      n: String(n),
      title: `Page ${n}`,
      url: `https://site${n}.example/path`,
    }));
    const known = { by: 'sonar', text: 'Known facts.', sources };
    const { title, body, below, report } = await summed(
      { ...worked, changes: undefined, text: 'It is so.\n\nAnd why.' },
      { kind: 'RESEARCH', text: 'is it so?' },
      known,
    );
    expect(title).toBe('🔎 [req_a] Claude Code answered');
    expect(body).toBe('It is so.\n\nAnd why.\n\napp · is it so?\n3 min 12 s · $0.21');
    expect(below).toMatch(/^\[1\] site1\.example – Page 1\n\[2\].*\n\[3\] site3\.example – Page 3$/);
    expect(report).toContain('[4] Page 4\n    https://site4.example/path');
    expect((await summed(worked, {}, known)).text).not.toContain('Page 1');
  });

  it('names the sources that the answer cites first, by their own numbers', async () => {
    const sources = ['1', '2', '3', '4', '12'].map((n) => ({
      n,
      title: `Page ${n}`,
      url: `https://site${n}.example/`,
    }));
    const known = { by: 'sonar', text: 'Known.', sources };
    const asked = { kind: 'RESEARCH' as const, text: 'is it so?' };
    const { below, pages } = await summed({ ...worked, changes: undefined, text: 'So [12], but [3].' }, asked, known);
    expect(below?.split('\n').map((line) => line.split(' ')[0])).toEqual(['[12]', '[3]', '[1]']);
    expect(pages).toEqual([{ label: 'Sources', url: 'https://site12.example/' }]);
    expect(await summed(worked, {}, known)).not.toHaveProperty('pages');
  });

  it('adds up what the agent and the research have cost, but not what was found before', async () => {
    const known = { by: 'sonar', text: '', sources: [], costUsd: 0.1, tokens: 3043 };
    expect((await summed(worked, {}, known)).body).toContain('3 min 12 s · $0.31\n');
    const { body, report } = await summed(worked, {}, { ...known, cached: true });
    expect(body).toContain('3 min 12 s · $0.21\n');
    expect(report).toContain('By sonar (found within the last day, $0.10, 3,043 tokens)');
    expect((await summed({ ...worked, costUsd: undefined }, {}, { ...known, costUsd: 0.0012 })).body).toContain(
      '$0.001',
    );
  });

  it('survives a source that is no address', async () => {
    const known = { by: 'local', text: '', sources: [{ n: '1', title: 'Notes', url: 'notes.md' }] };
    expect((await summed({ ...worked, changes: undefined }, { kind: 'RESEARCH' }, known)).text).toContain(
      '[1] notes.md – Notes',
    );
  });

  it('keeps everything in the report', async () => {
    const files = Array.from({ length: 30 }, (_, n) => ({ path: `file${n}`, added: 1, removed: 0 }));
    const text = 'long '.repeat(5_000).trim();
    const done = {
      ...worked,
      text,
      changes: { ...changes, files },
      turns: 7,
      session: 'uuid',
      rawOutput: '/state/out',
      denials: ['a', 'b', 'c', 'd'],
    };
    const { report, body } = await summed(done, {}, { by: 'local', text: 'Facts.', sources: [], fallback: 'no key' });
    for (const part of [
      text,
      'file29 +1 −0',
      'Turns: 7',
      'Session: uuid',
      '/state/out',
      'aaa..bbb',
      'a\nb\nc\nd',
      'By local (no key)',
      'add a login',
    ]) {
      expect(report).toContain(part);
    }
    expect(body).toContain('and 25 more');
  });

  it('shows no more of the answer than it may', async () => {
    const { below } = await summed({ ...worked, text: `first ${'x'.repeat(500)} last` }, {}, undefined, {
      maxOutput: 100,
    });
    expect(below).toMatch(/^first x+\n…\nx+ last$/);
    expect(below!.length).toBeLessThanOrEqual(100);
    expect((await summed({ ...worked, text: 'secret' }, {}, undefined, { maxOutput: 0 })).text).not.toContain('secret');
  });

  it('passes an answer of any length on whole, up to its limit, with the facts where they are seen', async () => {
    const question = { ...worked, changes: undefined, text: `${'A line of an answer.\n'.repeat(450)}The end.` };
    const { body, below } = await summed(question, { kind: 'RESEARCH' });
    expect(body).toBe('app · add a login\n3 min 12 s · $0.21');
    expect(below).toBe(question.text);
    const short = await summed({ ...question, text: 'Yes.' }, { kind: 'RESEARCH' });
    expect(short.body).toBe('Yes.\n\napp · add a login\n3 min 12 s · $0.21');
  });

  it('never cuts inside a letter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', minLength: 100, maxLength: 400 }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom('CODE', 'RESEARCH'),
        async (piece, times, kind) => {
          const { body, text } = await summed({ ...worked, text: piece.repeat(times) }, { kind });
          expect(text.isWellFormed()).toBe(true);
          expect(body).toContain('app · add a login\n');
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('headAndTail', () => {
  it('keeps beginning and end within the limit', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), fc.nat(60), (text, limit) => {
        const cut = headAndTail(text, limit);
        expect(Array.from(cut).length).toBeLessThanOrEqual(limit);
        if (Array.from(text).length <= limit) expect(cut).toBe(text);
      }),
    );
  });
});
