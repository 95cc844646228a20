// The examples of the pages people read: the plugins run. That all compile as a plugin author's files would, test/e2e/package.test.ts shows.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as milton from '../src/index.ts';
import { given, type Trial, trial } from '../src/testing.ts';
import { examples } from './support/examples.ts';
import { pages, read, root } from './support/pages.ts';

describe('examples', () => {
  const folderOf = (page: string) => join(scratch, page.replace(/\W/g, '-'));
  let scratch: string;
  const open: Trial[] = [];

  beforeAll(() => {
    // Inside the package, so that `milton-orchestrator` means this one.
    mkdirSync(join(root, '.cache'), { recursive: true });
    scratch = mkdtempSync(join(root, '.cache/docs-'));
    for (const { page, file, code } of examples) {
      mkdirSync(folderOf(page), { recursive: true });
      writeFileSync(join(folderOf(page), file), code);
    }
  });
  afterAll(async () => {
    for (const made of open) await made.stop();
    rmSync(scratch, { recursive: true, force: true });
  });

  test('each one names its file', () => {
    const blocks = pages.flatMap((page) => read(page).match(/^ *```ts$/gm) ?? []);
    expect(examples).toHaveLength(blocks.length);
  });

  const load = (page: string, file: string) => import(join(folderOf(page), file));
  const start = async (...args: Parameters<typeof trial>) => {
    const made = await trial(...args);
    open.push(made);
    return made;
  };
  test.each(['README.md', 'docs/plugins.md'])('the first plugin of %s has 8 lines, and runs', async (page) => {
    const { code } = examples.find((example) => example.page === page && example.file === 'shout.ts')!;
    expect(code.trim().split('\n')).toHaveLength(8);
    const { shout } = await load(page, 'shout.ts');
    const made = await start([shout(), milton.queue()]);
    made.send('hello');
    await made.idle();
    expect(made.said).toContain('Heard: hello');
  });

  test('the pipeline of the README is the one in the repository', () => {
    const steps = (text: string) => text.split('pipeline: [')[1]!.match(/^ +\w+\(\)/gm);
    expect(steps(examples.find(({ file }) => file === 'milton.config.ts')!.code)).toEqual(
      steps(read('milton.config.ts')),
    );
  });

  test('the ticket of a request gets a comment', async () => {
    const { findTicket } = await load('docs/plugins.md', 'ticket.ts');
    const { comment } = await load('docs/plugins.md', 'comment.ts');
    const posted: unknown[] = [];
    const fetch: typeof globalThis.fetch = async (url, init) => {
      posted.push([String(url), init?.body]);
      return new Response(null, { status: posted.length < 2 ? 503 : 201 });
    };
    const done = { outcome: 'done', title: 'It is done', body: '', report: '' } as const;
    const step = comment({ url: 'https://tracker.example/tickets', token: 't' });
    const services = [milton.bind(milton.Fetch, () => fetch)];
    const made = await start([findTicket(), milton.queue(), given(milton.summary, done), step], { services });
    made.send('CODE: fix the login, see #123');
    made.send('CODE: fix the login');
    await made.idle();
    const one = ['https://tracker.example/tickets/123', 'It is done'];
    expect(posted).toEqual([one, one]);
    expect((await made.jobs()).map(({ state }) => state)).toEqual(['done', 'done']);
  });

  test('the deployment runs once and is told', async () => {
    const { deploy } = await load('docs/plugins.md', 'deploy.ts');
    const calls: string[] = [];
    const run: milton.ProcessRunner['run'] = async (_command, [what = '']) => {
      calls.push(what);
      return { exitCode: 0, stdout: 'v2\n', stderr: '', failure: undefined };
    };
    const services = [milton.bind(milton.ProcessRunner, () => ({ run }))];
    const made = await start([milton.queue(), deploy({ command: 'ship', folder: '/' })], { services });
    made.send('hello');
    await made.idle();
    expect(calls).toEqual(['version', 'deploy']);
    expect(made.said.join('\n')).toContain('version v2 is live');
  });

  test('without an approval nothing below it runs', async () => {
    const { askFirst } = await load('docs/plugins.md', 'ask-first.ts');
    const verdict = { kind: 'CODE', text: 'add a login page', repository: 'app', agent: 'claude' } as const;
    const reached: string[] = [];
    const last: milton.InlineHandler = (run) => void reached.push(run.id);
    const made = await start([given(milton.verdict, verdict), milton.queue(), askFirst({ minutes: 0 }), last]);
    made.send('add a login page');
    await made.idle();
    expect(reached).toEqual([]);
    expect(made.said.at(-1)).toMatch(/not run \| Nobody answered\./);
  });

  test('the stopwatch measures what stands below it', async () => {
    const { Times, stopwatch } = await load('docs/plugins.md', 'stopwatch.ts');
    const times: number[] = [];
    const services = [milton.bind<{ add(ms: number): void }>(Times, () => ({ add: (ms) => void times.push(ms) }))];
    const made = await start([milton.queue(), stopwatch()], { services });
    made.send('hello');
    await made.idle();
    expect(times).toHaveLength(1);
  });
});
