import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Transports } from '../../src/pipeline/exposure.ts';
import { createRedactor, Redact } from '../../src/pipeline/services/redact.ts';
import { Folders } from '../../src/pipeline/services.ts';
import { publish } from '../../src/plugins/publish.ts';
import { summary } from '../../src/plugins/slots.ts';
import { FakeRun, MemoryLogger, runStep } from '../support/fake-run.ts';

const done = {
  outcome: 'done',
  title: '✅ [req_a] Claude Code finished',
  body: 'Facts.\n\ndone · 12 s',
  below: 'The answer.',
  report: 'All of it.\n',
} as const;
/** Runs the step with this output folder, as it is. */
async function startOn(output: string, run: FakeRun, logger = new MemoryLogger()): Promise<void> {
  const services = new Map<symbol, unknown>([
    [Folders, { state: output, output, logs: output }],
    [Redact, createRedactor([])],
    [Transports, []],
  ]);
  const get = (token: symbol) => services.get(token) as never;
  const handler = await publish().plugin.setup({
    options: {},
    logger,
    get,
    onClose: () => {},
    make: async () => undefined as never,
  });
  await handler(run, async () => {});
}
const request = (report: string = done.report) => new FakeRun('req_a').with(summary, { ...done, report });

describe('publish', () => {
  let state: string;
  const output = () => join(state, 'output');
  const reports = () => readdirSync(output()).sort();

  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'milton-publish-'));
  });
  afterEach(() => rmSync(state, { recursive: true, force: true }));

  it('opens the pages of an answer by a button, beside the one that asks again', async () => {
    const pages = [{ label: 'Sources', url: 'https://a.example/' }];
    const good = new FakeRun('req_a').with(summary, { ...done, pages });
    await runStep(publish(), good, { state });
    expect(good.conclusion?.notice).toMatchObject({ priority: 3, actions: pages });
    const bad = new FakeRun('req_b').with(summary, { ...done, outcome: 'failed', pages });
    await runStep(publish(), bad, { state });
    expect(bad.conclusion?.notice.actions).toEqual([{ label: 'Retry', reply: 'RETRY req_b' }, ...pages]);
    const plain = request();
    await runStep(publish(), plain, { state });
    expect(plain.conclusion?.notice).not.toHaveProperty('actions');
  });

  it('saves the report for the owner alone and ends the run with its path', async () => {
    const run = request();
    await runStep(publish(), run, { state });
    const path = join(output(), 'req_a.txt');
    expect(readFileSync(path, 'utf8')).toBe('All of it.\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(run.conclusion).toEqual({
      outcome: 'done',
      notice: {
        kind: 'final',
        title: done.title,
        body: `Facts.\n\ndone · 12 s\nFull report: ${path}\n\nThe answer.`,
        priority: 3,
      },
    });
  });

  it('T9: saves no secret, whatever the steps above have let pass', async () => {
    const report = `The key is ghp_0123456789abcdefghijABCDEFGHIJ\u202e and hunter2-hunter2.\n`;
    await runStep(publish(), request(report), { state, secrets: ['hunter2-hunter2'] });
    expect(readFileSync(join(output(), 'req_a.txt'), 'utf8')).toBe('The key is [redacted] and [redacted].\n');
  });

  it('T4: names no path where strangers could read it', async () => {
    const run = request();
    await runStep(publish(), run, { state, transports: [{ name: 'memory', exposure: 'public' }] });
    expect(run.conclusion?.notice.body).toBe(
      'Facts.\n\ndone · 12 s\nFull report: milton runs show req_a\n\nThe answer.',
    );
  });

  it('is louder about a failure, and offers to try again', async () => {
    const run = new FakeRun('req_a').with(summary, { ...done, outcome: 'failed', body: '', below: undefined });
    await runStep(publish(), run, { state });
    expect(run.conclusion).toMatchObject({
      outcome: 'failed',
      notice: {
        priority: 4,
        body: `Full report: ${output()}/req_a.txt`,
        actions: [{ label: 'Retry', reply: 'RETRY req_a' }],
      },
    });
  });

  it('makes its folder again where somebody removed it', async () => {
    await runStep(publish(), request('before'), { state });
    rmSync(output(), { recursive: true });
    const run = request();
    await startOn(output(), run);
    expect(readFileSync(join(output(), 'req_a.txt'), 'utf8')).toBe(done.report);
    expect(statSync(output()).mode & 0o777).toBe(0o700);
    expect(run.conclusion?.notice.body).toContain(`Full report: ${join(output(), 'req_a.txt')}`);
  });

  it('overwrites no report', async () => {
    for (const report of ['first', 'second', 'third']) await runStep(publish(), request(report), { state });
    expect(reports()).toEqual(['req_a.1.txt', 'req_a.2.txt', 'req_a.txt']);
    expect(readFileSync(join(output(), 'req_a.txt'), 'utf8')).toBe('first');
  });

  it('writes the same report once when a crash came between writing and remembering it', async () => {
    await runStep(publish(), request(), { state });
    const again = request();
    await runStep(publish(), again, { state });
    expect(reports()).toEqual(['req_a.txt']);
    expect(again.conclusion?.notice.body).toContain('req_a.txt');
  });

  it('does not follow a link somebody put in its place', async () => {
    await runStep(publish(), request('x'), { state });
    rmSync(join(output(), 'req_a.txt'));
    const victim = join(state, 'victim');
    writeFileSync(victim, 'mine');
    symlinkSync(victim, join(output(), 'req_a.txt'));
    await runStep(publish(), request(), { state });
    expect(readFileSync(victim, 'utf8')).toBe('mine');
  });

  it('keeps the final notice when the report cannot be saved, and says why', async () => {
    const run = request();
    const logger = new MemoryLogger();
    writeFileSync(join(state, 'blocked'), '');
    await startOn(join(state, 'blocked'), run, logger);
    expect(run.conclusion?.outcome).toBe('done');
    expect(run.conclusion?.notice.body).toMatch(
      /could not be saved in .*blocked: it is not a folder\.\n\nThe answer\./s,
    );
    expect(logger.lines).toEqual(['error the report could not be saved']);
  });

  it.skipIf(process.getuid?.() === 0)('says in plain words that it may not write', async () => {
    await runStep(publish(), request('x'), { state });
    chmodSync(output(), 0o500);
    const run = request('other');
    await runStep(publish(), run, { state });
    chmodSync(output(), 0o700);
    expect(run.conclusion?.notice.body).toContain('Milton may not write there.');
  });
});
