import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Agent, FailureCause } from '../../../src/pipeline/agent.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { acting, requestOf, resultOf, serving, type Work, write } from '../../support/acting-agent.ts';
import { type FakeRun, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

describe('a second agent', () => {
  let repo: GitRepo;
  let run: FakeRun;
  beforeEach(() => {
    repo = gitRepo();
    run = requestOf();
  });
  afterEach(() => repo[Symbol.dispose]());

  const failing = (cause: FailureCause, work: Work = () => ({})) =>
    acting(async (task, context) => ({
      ...(await work(task, context)),
      ...{ status: 'failed', cause, reason: 'Limit reached.', text: '' },
    }));
  const codex = (work: Work = write('by-codex')) => acting(work, { name: 'codex', label: 'Codex' });
  async function perform(agents: readonly Agent[], options = {}, variables = {}) {
    const services = serving(repo, agents);
    await runStep(execute(options), run, { ...services, variables: { ...services.variables, ...variables } });
    return resultOf(run);
  }
  const branch = () => `milton/${run.id}-add-a-login`;

  it('takes over on a clean copy where the account of the first is used up, and says so', async () => {
    const seen: boolean[] = [];
    const second = codex((task) => {
      seen.push(existsSync(join(task.folder, 'half')));
      return write('by-codex')(task);
    });
    const done = await perform([failing('limit', write('half')), second]);
    expect(done).toMatchObject({
      agent: 'Codex',
      status: 'succeeded',
      after: { agent: 'Robot', reason: 'Limit reached.' },
      changes: { branch: `${branch()}-codex`, files: [{ path: 'by-codex' }] },
    });
    expect(seen).toEqual([false]);
    expect(run.notices.map(({ title }) => title)).toEqual([
      `🔨 [${run.id}] Robot started`,
      `🔁 [${run.id}] Robot could not go on, Codex takes over`,
      `🔨 [${run.id}] Codex started`,
    ]);
    expect(run.notices[1]!.body).toContain('Limit reached.');
    // What the first one had done is on its own branch.
    expect(repo.git('show', `${branch()}:half`)).toBe('half');
    expect([...run.journal.keys()]).toEqual(
      ['', '-codex'].flatMap((end) => [`worktree${end}`, `agent-configuration${end}`, end === '' ? 'robot' : 'codex']),
    );
  });

  it.each<[string, FailureCause, object, object, boolean]>([
    ['any other failure', 'model', {}, {}, false],
    ['any other failure, if it may', 'model', { fallbackOnFailure: true }, {}, true],
    ['a program that is missing, if it may', 'missing', { fallbackOnFailure: true }, {}, true],
    ['a used up budget, even then', 'budget', { fallbackOnFailure: true }, {}, false],
    ['a limit, if it may not', 'limit', {}, { CLAUDE_FALLBACK_ON_LIMIT: false }, false],
    ['a limit, if it may not at all', 'limit', { fallbackOnFailure: true }, { ENABLE_CODEX_FALLBACK: false }, false],
    ['a limit, if the second is another one', 'limit', { fallbackAgent: 'hal' }, {}, false],
  ])('after %s: %j', async (_, cause, options, variables, takesOver) => {
    const done = await perform([failing(cause), codex()], options, variables);
    expect([done.agent, done.after !== undefined]).toEqual([takesOver ? 'Codex' : 'Robot', takesOver]);
  });

  it.each<[string, boolean | undefined, boolean | undefined, boolean]>([
    ['one without a sandbox does not take over from one that has one', true, false, false],
    ['nor from one of which it is unknown', undefined, false, false],
    ['but from one without', false, false, true],
    ['and one of which it is unknown does', true, undefined, true],
  ])('takes over where nobody need be asked: %s', async (_, one, other, takesOver) => {
    const confinement = (confined?: boolean) => (confined === undefined ? {} : { confined });
    const agents = [
      { ...failing('limit'), ...confinement(one) },
      { ...codex(), ...confinement(other) },
    ];
    const done = await perform(agents);
    if (takesOver) {
      expect(done).toMatchObject({ agent: 'Codex', status: 'succeeded' });
    } else {
      expect(done).toMatchObject({ agent: 'Robot', status: 'failed', cause: 'limit' });
      expect(done.reason).toBe(
        'Limit reached. Codex did not take over, since it has no sandbox: name it in the request (@codex), or give it one.',
      );
      expect(run.notices.map(({ title }) => title)).toEqual([`🔨 [${run.id}] Robot started`]);
      expect(run.journal.has('codex')).toBe(false);
    }
  });

  it('is not asked after success, for its own failure, or where there is none', async () => {
    const idle = codex(() => expect.unreachable());
    expect((await perform([acting(write('a')), idle])).agent).toBe('Robot');
    run = requestOf({ agent: 'codex' });
    expect((await perform([{ ...failing('limit'), name: 'codex', label: 'Codex' }])).after).toBeUndefined();
    run = requestOf();
    expect((await perform([failing('limit')])).status).toBe('failed');
  });

  it('is not started twice, nor the first one, when Milton dies while it works', async () => {
    const hanging = codex(async (_, { note }) => {
      await note({ pid: 1 });
      return new Promise<never>(() => {});
    });
    perform([failing('limit'), hanging]).catch(() => {});
    await vi.waitFor(() => expect(run.journal.get('codex')?.note).toBeDefined(), { timeout: 15_000 });
    const before = run;
    run = requestOf({}, before.journal, before.id);
    const agents = [acting(() => expect.unreachable()), codex(() => expect.unreachable())];
    await expect(perform(agents)).rejects.toThrow('Milton stopped while Codex was at work; nothing was changed.');
  });

  it('may fail as well; both reasons are told', async () => {
    const done = await perform([
      failing('limit'),
      codex(() => ({ status: 'failed', cause: 'model', reason: 'No luck.' })),
    ]);
    expect(done).toMatchObject({ agent: 'Codex', reason: 'No luck.', after: { reason: 'Limit reached.' } });
  });
});
