import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Agent } from '../../../src/pipeline/agent.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { ProcessRunner } from '../../../src/pipeline/services.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { commands } from '../../../src/plugins/commands/commands.ts';
import { dedupe } from '../../../src/plugins/dedupe.ts';
import { type Trial, trial } from '../../../src/testing/trial.ts';
import { hermetic } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

describe('DIFF', () => {
  let repo: GitRepo;
  let t: Trial;
  let id: string;

  beforeEach(async () => {
    repo = gitRepo();
  });
  afterEach(async () => {
    await t.stop();
    repo[Symbol.dispose]();
  });

  /** Milton after one request whose work is on a branch of these files. */
  async function start(files: Readonly<Record<string, string>>, options = {}, suffix = '-login') {
    t = await trial(
      [
        dedupe(),
        classify(),
        commands(options),
        queue(),
        (run) => run.conclude({ outcome: 'done', notice: { title: 'did it' } }),
      ],
      {
        repositories: [{ name: 'app', path: repo.path, agent: undefined }],
        agents: [{ name: 'claude' } as Agent],
        variables: hermetic(repo.home),
        services: [bind(ProcessRunner, () => new ExecaProcessRunner())],
      },
    );
    t.send('CODE: add a login');
    await t.idle();
    [{ id } = { id: '' }] = await t.jobs();
    if (Object.keys(files).length === 0) return;
    repo.git('switch', '-qc', `milton/${id}${suffix}`);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(repo.path, name), text);
    repo.git('add', '--all');
    repo.git('commit', '-qm', 'work');
    repo.git('switch', '-q', 'main');
  }
  async function ask(text: string) {
    const before = t.notices.length;
    t.send(text);
    await expect.poll(() => t.notices.length).toBeGreaterThan(before);
    return t.notices[before]!;
  }

  it('shows what is on the branch, file by file and line by line', async () => {
    await start({ 'login.ts': 'one\ntwo\n' });
    const { title, body, kind } = await ask('diff last');
    expect([title, kind]).toEqual([`${id}: 1 file +2 −0`, 'reply']);
    expect(body).toContain(`add a login\n\nmilton/${id}-login\n  login.ts +2 −0\n\ndiff --git a/login.ts b/login.ts\n`);
    expect(body).toMatch(/\n\+one\n\+two$/);
    // What happened on main meanwhile is not the request's.
    repo.git('commit', '-q', '--allow-empty', '-m', 'more');
    expect((await ask(`DIFF ${id}`)).body).toBe(body);
  });

  it('sends no lines where it may not', async () => {
    await start({ 'login.ts': 'secret\n' }, { diffLines: false });
    const { body } = await ask('DIFF last');
    expect(body).toBe(`add a login\n\nmilton/${id}-login\n  login.ts +1 −0`);
  });

  it('cuts what is too long for a phone, and says so', async () => {
    await start({ 'big.txt': 'a line of text\n'.repeat(5_000) });
    const { body } = await ask('DIFF last');
    expect(body!.length).toBeLessThan(11_000);
    expect(body).toMatch(/\n… \(cut; the rest is on the branch\)$/);
  });

  it('says when there is nothing, and which requests there are', async () => {
    await start({});
    expect(await ask('DIFF last')).toMatchObject({
      title: `${id} has no branch`,
      body: expect.stringContaining('or the branch is gone'),
    });
    expect((await ask('DIFF')).body).toContain(`Send DIFF ${id.replace('req_', '')}`);
    expect((await ask('DIFF k4m2xa')).title).toBe('No request "k4m2xa"');
  });

  it('is no command where it begins a sentence', async () => {
    await start({});
    t.send('diff view should show whitespace in a lighter colour');
    await t.idle();
    expect(await t.jobs()).toHaveLength(2);
  });

  it('tells apart requests whose ids begin alike', async () => {
    await start({ 'login.ts': 'x\n' }, {}, 'x-other');
    expect((await ask('DIFF last')).title).toBe(`${id} has no branch`);
  });
});
