import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { Folders, ProcessRunner } from '../../../src/pipeline/services.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { commands } from '../../../src/plugins/commands/commands.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { publish } from '../../../src/plugins/publish.ts';
import { brief, prompt } from '../../../src/plugins/slots.ts';
import { summarise } from '../../../src/plugins/summarise/summarise.ts';
import { trial } from '../../../src/testing/trial.ts';
import { acting, write } from '../../support/acting-agent.ts';
import { hermetic } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const asked = definePlugin({
  name: 'asked',
  where: 'work',
  provides: [prompt, brief],
  setup: () => async (run, next) => {
    run.set(prompt, 'Do it.');
    run.set(brief, { by: 'local', text: '', sources: [] });
    await next();
  },
});

/** What one request and a look at its changes send to a phone whose notices strangers may, or may not, read. */
async function published(repo: GitRepo, mayRead: boolean): Promise<string> {
  const output = join(repo.home, 'reports');
  mkdirSync(output);
  const robot = acting((task) => {
    write('login.ts', 'export const login = 1;\n')(task);
    const long = Array.from({ length: 30 }, (_, n) => `+line ${n} ${'x'.repeat(50)}`);
    return {
      text: [
        `I wrote ${task.folder}/login.ts:`,
        '```diff\n+export const login = 1;\n```',
        ['@@ -0,0 +1,30 @@', ...long].join('\n'),
        `See ${repo.home}/notes.md, /etc/hosts and https://example.org/home/x. It is one and/or the other.`,
      ].join('\n\n'),
      denials: [`Edit ${repo.path}/secret/plan.md`],
    };
  });
  const started = await trial(
    [
      classify(),
      commands({ timeout: 40_000 }),
      queue(),
      asked(),
      execute({ fallback: false, fallbackOnLimit: false, dryRun: false }),
      // Cut in the middle of the diff, were that still there.
      summarise({ maxOutput: mayRead ? 800 : 12_000 }),
      publish(),
    ],
    {
      exposure: 'public',
      strangers: { mayRead: async () => mayRead, mayWrite: async () => true },
      variables: { ...hermetic(repo.home), MILTON_ALLOW_UNSIGNED: true },
      agents: [robot],
      repositories: [{ name: 'app', path: repo.path, agent: undefined }],
      services: [
        bind(Folders, () => ({ state: repo.state, output, logs: output })),
        bind(ProcessRunner, () => new ExecaProcessRunner()),
      ],
    },
  );
  started.send('CODE: add a login');
  await started.idle(40_000);
  started.send('DIFF last');
  await started.idle(40_000);
  await started.stop();
  return started.notices
    .map(({ title, body }) => `${title}\n${body}`)
    .join('\n---\n')
    .replace(/req_[a-z2-7]{6}/g, 'req_a')
    .replace(/\(\w{7}\)/g, '(1234567)')
    .replaceAll(repo.root, '/ROOT');
}

describe('T4: what is published', () => {
  let repo: GitRepo;
  let [told, overheard] = ['', ''];
  beforeAll(async () => {
    using first = gitRepo();
    told = await published(first, false);
    repo = gitRepo();
    overheard = await published(repo, true);
  }, 120_000);
  afterAll(() => repo[Symbol.dispose]());

  test('where strangers cannot read it', () => {
    expect(told).toMatchInlineSnapshot(`
      "👂 [req_a] got it
      CODE · app · add a login
      It starts now.
      ---
      🔨 [req_a] Robot started
      app · milton/req_a-add-a-login from main (1234567)
      ---
      ⚠️ [req_a] Robot finished, but was refused 1 edit
      app · add a login
      1 file +1 −0 · done · 0 s
      branch milton/req_a-add-a-login
        login.ts +1 −0
      Refused: Edit /ROOT/app/secret/plan.md
      Full report: /ROOT/home/reports/req_a.txt

      I wrote /ROOT/state/worktrees/req_a/login.ts:

      \`\`\`diff
      +export const login = 1;
      \`\`\`

      @@ -0,0 +1,30 @@
      +line 0 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 1 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 2 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 3 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 4 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 5 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 6 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 7 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 8 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 9 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 10 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 11 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 12 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 13 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 14 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 15 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 16 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 17 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 18 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 19 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 20 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 21 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 22 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 23 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 24 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 25 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 26 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 27 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 28 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
      +line 29 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx

      See /ROOT/home/notes.md, /etc/hosts and https://example.org/home/x. It is one and/or the other.
      ---
      req_a: 1 file +1 −0
      add a login

      milton/req_a-add-a-login
        login.ts +1 −0

      diff --git a/login.ts b/login.ts
      new file mode 100644
      index 0000000..a6cc22b
      --- /dev/null
      +++ b/login.ts
      @@ -0,0 +1 @@
      +export const login = 1;"
    `);
  });

  test('where they can: no line of code, no path of this machine', () => {
    expect(overheard).toMatchInlineSnapshot(`
      "👂 [req_a] got it
      CODE · app · add a login
      It starts now.
      ---
      🔨 [req_a] Robot started
      app · milton/req_a-add-a-login from main (1234567)
      ---
      ⚠️ [req_a] Robot finished, but was refused 1 edit
      app · add a login
      1 file +1 −0 · done · 0 s
      branch milton/req_a-add-a-login
        login.ts +1 −0
      Refused: Edit secret/plan.md
      Full report: milton runs show req_a

      I wrote login.ts:

      (lines of code are not sent to where others could read them)

      (lines of code are not sent to where others could read them)

      See ~/notes.md, …/hosts and https://example.org/home/x. It is one and/or the other.
      ---
      req_a: 1 file +1 −0
      add a login

      milton/req_a-add-a-login
        login.ts +1 −0"
    `);
    expect(overheard).not.toContain(repo.root);
    expect(overheard).not.toMatch(/ROOT|^[+-]\w|\+export|\+line/m);
  });
});
