import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AgentTask } from '../../../src/pipeline/agent.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { Fetch, Folders, ProcessRunner } from '../../../src/pipeline/services.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { promptBuild } from '../../../src/plugins/prompt-build/prompt-build.ts';
import { publish } from '../../../src/plugins/publish.ts';
import { perplexity } from '../../../src/plugins/research/providers/perplexity.ts';
import { research } from '../../../src/plugins/research/research.ts';
import { summarise } from '../../../src/plugins/summarise/summarise.ts';
import { type Trial, trial } from '../../../src/testing/trial.ts';
import { acting, type Work, write } from '../../support/acting-agent.ts';
import { hermetic } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';
import { eventsOf, NOTES, type StubReply, send, stream, stubPerplexity } from '../../support/stub-perplexity.ts';

describe('a question from the phone', () => {
  let repo: GitRepo;
  let t: Trial | undefined;
  let tasks: AgentTask[];

  beforeEach(() => {
    repo = gitRepo();
    tasks = [];
  });
  afterEach(async () => {
    await t?.stop();
    repo[Symbol.dispose]();
  });

  /** Asks a whole Milton: a web that replies like this, and an agent that does this. */
  async function ask(text: string, reply: StubReply, work: Work = () => ({ text: 'A cookie, see auth.js:12 [7].' })) {
    await using stub = await stubPerplexity(reply);
    const agent = acting((task, context) => {
      tasks.push(task);
      return work(task, context);
    });
    const output = join(repo.state, 'output');
    mkdirSync(output, { recursive: true });
    const web = perplexity({ apiKey: 'made-up', baseUrl: stub.url, tryTimeout: 60, maxRetries: 0 });
    t = await trial(
      [classify(), queue(), research({ providers: [web] }), promptBuild(), execute(), summarise(), publish()],
      {
        repositories: [{ name: 'app', path: repo.path, agent: undefined }],
        agents: [agent],
        variables: {
          ...hermetic(repo.home),
          ...{ DRY_RUN: false, ENABLE_CODEX_FALLBACK: true, CLAUDE_FALLBACK_ON_LIMIT: true, MAX_OUTPUT_SIZE: 12_000 },
        },
        services: [
          bind(ProcessRunner, () => new ExecaProcessRunner()),
          bind(Fetch, () => globalThis.fetch),
          bind(Folders, () => ({ state: repo.state, output, logs: output })),
        ],
      },
    );
    t.send(text);
    await t.idle(40_000);
    const [job] = await t.jobs();
    const notice = t.notices.findLast(({ kind }) => kind === 'final')!;
    const report = readFileSync(join(output, `${job!.id}.txt`), 'utf8');
    return { notice, report, job: job!, id: job!.id };
  }

  const clean = () => {
    expect(repo.git('status', '--porcelain')).toBe('');
    expect(repo.git('branch', '--format=%(refname:short)')).toBe('main');
    expect(repo.git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(repo.git('rev-list', '--count', 'HEAD')).toBe('1');
  };
  const found = stream(eventsOf(JSON.stringify(NOTES)));

  it('about the world is answered from the web, without an agent', async () => {
    const { notice, report, job, id } = await ask('RESEARCH: what is the difference between OAuth and OIDC?', found);
    expect(tasks).toEqual([]);
    expect(job.state).toBe('done');
    expect(notice.title).toBe(`🔎 [${id}] perplexity/sonar answered`);
    expect(notice.body).toMatch(/^Use passkeys\.\n\n- Passkeys resist phishing\. \[7\]\[2\]\n/);
    expect(notice.body).toContain('$0.001');
    expect(notice.body).toMatch(/\n\n\[7\] host7\.example – Page 7\n\[2\] host2\.example – Page 2$/);
    expect(notice.actions).toEqual([{ label: 'Sources', url: 'https://host7.example/p' }]);
    expect(report).toContain('[7] Page 7\n    https://host7.example/p');
    t!.send('CONTINUE last: and passkeys?');
    await expect.poll(() => t!.said.at(-1)).toContain('It was answered from the web, without an agent. Ask again');
    clean();
  });

  it('about this code is answered by an agent that only reads, with what the web says', async () => {
    const { notice, report, id } = await ask('RESEARCH: how does auth work?', found);
    expect(tasks).toMatchObject([{ access: 'read' }]);
    expect(tasks[0]!.prompt).toMatch(/^# Question\nhow does auth work\?\n/);
    expect(tasks[0]!.prompt).toContain('Passkeys resist phishing. [7][2]');
    expect(tasks[0]!.prompt).toContain('https://host7.example/p');
    expect(notice.title).toBe(`🔎 [${id}] Robot answered`);
    expect(notice.body).toMatch(/^A cookie, see auth\.js:12 \[7\]\.\n\n/);
    expect(notice.body).toMatch(/\[7\] host7\.example – Page 7\n\[2\] host2\.example – Page 2$/);
    expect(notice.actions).toMatchObject([{ label: 'Sources' }]);
    expect(report).toContain('Passkeys resist phishing. [7][2]');
    clean();
  });

  it('is answered from the web alone where the agent could not look, and can be asked again', async () => {
    const fails: Work = () => ({ status: 'failed', cause: 'limit', reason: 'Its account may use no more until 5 pm.' });
    const { notice, id, job } = await ask('RESEARCH: how does auth work?', found, fails);
    expect(job.state).toBe('failed');
    expect(notice.title).toBe(`⚠️ [${id}] answered from the web alone: Robot failed`);
    expect(notice.body).toMatch(/^Use passkeys\.\n/);
    expect(notice.body).toContain('Its account may use no more until 5 pm.');
    expect(notice.body).toMatch(/\[7\] host7\.example – Page 7/);
    expect(notice.actions).toMatchObject([{ label: 'Retry', reply: `RETRY ${id}` }, { label: 'Sources' }]);
    clean();
  });

  it('is left to the agent where the web says nothing, and the notice says why', async () => {
    const { notice } = await ask('RESEARCH: what is the difference between OAuth and OIDC?', send(503, '{}'));
    expect(tasks).toHaveLength(1);
    expect(t!.said).toContainEqual(
      expect.stringMatching(/research complete \| Worked out locally.*\nPerplexity answered 503\./),
    );
    expect(notice.body).toContain('A cookie');
    expect(notice).not.toHaveProperty('actions');
    clean();
  });

  it('changes nothing, also where the agent writes all the same', async () => {
    await ask('RESEARCH: how does auth work?', found, write('stray.ts'));
    clean();
  });
});
