import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { cleaner } from '../../../src/pipeline/services/clean.ts';
import { createRedactor } from '../../../src/pipeline/services/redact.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { redactFile, redactOutputs } from '../../../src/plugins/execute/redact-output.ts';
import { acting, requestOf, serving, type Work } from '../../support/acting-agent.ts';
import { canaries, seenIn } from '../../support/canaries.ts';
import { type FakeRun, MemoryLogger, runStep } from '../../support/fake-run.ts';
import { gitRepo } from '../../support/git-repo.ts';

const clean = cleaner(createRedactor(['correct horse battery']));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-redact-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function redacted(text: string | Buffer): Promise<string> {
  const path = join(folder, 'out');
  writeFileSync(path, text, { mode: 0o644 });
  await redactFile(path, clean);
  return readFileSync(path, 'utf8');
}

describe('T9: the saved output', () => {
  it('is a file for its owner alone, and nothing else is left', async () => {
    expect(await redacted('the key ghp_0123456789abcdefghijABCDEFGHIJ\nof correct horse battery.')).toBe(
      'the key [redacted]\nof [redacted].',
    );
    expect(statSync(join(folder, 'out')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('has none of 200 secrets, in text and in JSON, and its JSON is still JSON', async () => {
    const all = canaries(200, 5);
    const events = all.map(({ text }, n) => ({
      type: 'assistant',
      n,
      text: `first\n${text}\nlast`,
      input: { [`k${n}`]: [text] },
    }));
    const lines = all.flatMap(({ text }, n) => [`${'x'.repeat(n)} ${text}`, JSON.stringify(events[n])]);
    const safe = await redacted(lines.join('\n'));
    expect(seenIn(safe, all)).toEqual([]);
    const parsed = safe.split('\n').flatMap((line) => (line.startsWith('{"type"') ? [JSON.parse(line)] : []));
    expect(parsed.map(({ n }) => n)).toEqual(events.map(({ n }) => n));
  });

  it('has none that an escape sequence or an invisible character hides', async () => {
    const [one, two] = ['ghp_0123456789', 'abcdefghijABCDEFGHIJ'];
    const hidden = ['\u001b[0m', '\u200b', '\ufeff', '\u0007'].map((hide) => `${one}${hide}${two}`);
    const safe = await redacted([...hidden, ...hidden.map((text) => JSON.stringify({ text }))].join('\n'));
    expect(safe).not.toContain(two);
    expect(safe).not.toContain(one);
  });

  it('that is one line without an end is no trouble, nor is one that is no text', async () => {
    const line = `{"text": "${'a'.repeat(1_500_000)} ghp_0123456789abcdefghijABCDEFGHIJ"}`;
    expect(await redacted(line)).toBe(line.replace(/ghp_\w+/, '[redacted]'));
    expect(await redacted(Buffer.from([0xff, 0xc3, 0x28, 0x0a, 0x41]))).toBe('��(\nA');
    expect(await redacted('')).toBe('');
  });

  it('that is a link is left alone, and the others are cleaned', async () => {
    const log = new MemoryLogger();
    writeFileSync(join(folder, 'elsewhere'), 'ghp_0123456789abcdefghijABCDEFGHIJ');
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'req_a.out'));
    for (const name of ['req_a-codex.out', 'req_a.out.err', 'req_ab.out']) {
      writeFileSync(join(folder, name), 'ghp_0123456789abcdefghijABCDEFGHIJ');
    }
    await redactOutputs(folder, 'req_a', clean, log);
    const read = (name: string) => readFileSync(join(folder, name), 'utf8');
    expect([read('req_a-codex.out'), read('req_a.out.err')]).toEqual(['[redacted]', '[redacted]']);
    expect([read('elsewhere'), read('req_ab.out')].join()).not.toContain('[redacted]');
    expect(log.lines).toEqual([expect.stringMatching(/^error an output still holds/)]);
  });
});

describe('T9: execute({ redactOutput })', () => {
  const SAID = 'ghp_0123456789abcdefghijABCDEFGHIJ';
  const talks =
    (then: (run: FakeRun) => object | never, run: FakeRun): Work =>
    ({ output }) => {
      mkdirSync(dirname(output), { recursive: true });
      writeFileSync(output, SAID);
      return then(run);
    };
  const ends: Readonly<Record<string, [then: (run: FakeRun) => object, left: string]>> = {
    'that is done': [() => ({}), '[redacted]'],
    'that failed': [() => ({ status: 'failed', cause: 'other', reason: 'no' }), '[redacted]'],
    'that was cancelled': [(run) => stop(run, 'RUN_CANCELLED'), '[redacted]'],
    'that goes on after the next start': [(run) => stop(run, 'RUN_RELEASED'), SAID],
  };
  const stop = (run: FakeRun, code: string) => {
    run.abort.abort(new MiltonError(code, 'stopped'));
    throw run.signal.reason;
  };

  it.each(Object.entries(ends))('cleans the output of a run %s', async (_what, [then, left]) => {
    using repo = gitRepo();
    const run = requestOf();
    const services = serving(repo, [acting(talks(then, run))]);
    await runStep(execute({ redactOutput: true }), run, services).catch(() => {});
    expect(readFileSync(join(repo.state, 'agents', `${run.id}.out`), 'utf8')).toBe(left);
  });

  it('also where Milton died, and leaves it as it is unless it is set', async () => {
    using repo = gitRepo();
    const before = requestOf();
    const output = () => readFileSync(join(repo.state, 'agents', `${before.id}.out`), 'utf8');
    await runStep(execute(), before, serving(repo, [acting(talks(() => ({}), before))]));
    expect(output()).toBe(SAID);
    const journal = new Map(before.journal);
    journal.set('robot', { state: 'begun', note: '{}' });
    const again = requestOf({}, journal, before.id);
    const agent = acting(() => expect.unreachable(), { recover: async () => undefined });
    const outcome = runStep(execute({ redactOutput: true }), again, serving(repo, [agent]));
    await expect(outcome).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(output()).toBe('[redacted]');
  });
});
