// Whatever a text says, the agent is called as it was configured, and the prompt stays what Milton wrote around the text.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentTask } from '../../../src/pipeline/agent.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { Environment, Fetch, Folders, ProcessRunner, Repositories } from '../../../src/pipeline/services.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { claude } from '../../../src/plugins/execute/agents/claude.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { promptBuild } from '../../../src/plugins/prompt-build/prompt-build.ts';
import { perplexity } from '../../../src/plugins/research/providers/perplexity.ts';
import { research } from '../../../src/plugins/research/research.ts';
import { brief as briefSlot, prompt, verdict } from '../../../src/plugins/slots.ts';
import { type Trial, trial } from '../../../src/testing.ts';
import { given, startStep } from '../../support/fake-intake.ts';
import { fakeEnvironment, hermetic, makeAgent } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';
import { FILES, MESSAGES, RESEARCH } from '../../support/injections.ts';
import { answerOf } from '../../support/stub-perplexity.ts';

/** Stands for Claude Code, and writes down how it was called. */
const STUB = `#!/bin/sh
case "$1" in
  --version) echo '2.1.330 (Claude Code)' ;;
  auth) echo '{"loggedIn":true}' ;;
  *)
    printf '%s\\0' "$@" >"$CALLS/$MILTON_REQUEST_ID.args"
    env -0 >"$CALLS/$MILTON_REQUEST_ID.env"
    cat >"$CALLS/$MILTON_REQUEST_ID.prompt"
    echo '{"type":"result","subtype":"success","is_error":false,"result":"Done."}' ;;
esac
`;

let repo: GitRepo;
let calls: string;
let found: string;
let t: Trial;
const tasks: AgentTask[] = [];
let usual: Called;

beforeAll(async () => {
  repo = gitRepo();
  calls = join(repo.root, 'calls');
  mkdirSync(calls);
  const bin = join(repo.root, 'claude');
  writeFileSync(bin, STUB, { mode: 0o700 });
  const variables = { ...hermetic(repo.home), NTFY_TOKEN: 'tk_made_up', PERPLEXITY_API_KEY: 'made-up', SECRET: 'x' };
  const agent = await makeAgent(claude({ bin, timeout: 60, maxTurns: 9, env: { CALLS: calls } }), { variables });
  const run: typeof agent.run = (task, context) => {
    tasks.push(task);
    return agent.run(task, context);
  };
  const fetch = async () => Response.json(answerOf(found));
  const folders = { state: repo.state, output: join(repo.root, 'output'), logs: join(repo.root, 'logs') };
  const api = { apiKey: 'made-up', baseUrl: 'https://api.example', tryTimeout: 60, maxRetries: 0 };
  const limits = { turns: 7, costUsd: 2 };
  t = await trial(
    [
      classify({ claudeTopic: '', codexTopic: '' }),
      queue(),
      research({ providers: [perplexity(api)] }),
      promptBuild(),
      execute({ dryRun: false, fallback: false, fallbackOnLimit: false, limits }),
    ],
    {
      variables,
      repositories: [{ name: 'app', path: repo.path, agent: undefined }],
      agents: [{ ...agent, run }],
      services: [
        bind(Fetch, () => fetch as typeof globalThis.fetch),
        bind(Folders, () => folders as never),
        bind(ProcessRunner, () => new ExecaProcessRunner()),
      ],
    },
  );
  usual = await calledWith('add a login');
});
afterAll(async () => {
  await t.stop();
  repo[Symbol.dispose]();
});

interface Called {
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly prompt: string;
  readonly task: object;
}

/** Sends a request through the pipeline, and reads how the agent was called. */
async function calledWith(text: string, notes = 'Use passkeys.'): Promise<Called> {
  found = notes;
  t.send(`CODE: ${text}`);
  await t.idle(40_000);
  const { run, prompt, folder, output, temporary = '', ...task } = tasks.at(-1)!;
  const read = (what: string) => readFileSync(join(calls, `${run}.${what}`), 'utf8');
  const plain = (value: string) =>
    value.replaceAll(run, 'RUN').replace(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/, 'UUID');
  const list = (what: string) => read(what).split('\0').map(plain);
  const env = list('env').filter((each) => !/^(PWD|OLDPWD|SHLVL|_)=/.test(each));
  expect([folder, output, temporary].every((path) => path.startsWith(repo.state))).toBe(true);
  // No file that is named in it is read for it.
  expect(read('prompt').replaceAll('\\@', '@')).toBe(prompt.replaceAll('\0', ''));
  expect(read('prompt')).not.toMatch(/(?:^|\s)@/);
  return { args: list('args'), env: env.sort(), prompt, task };
}

const samePowers = ({ args, env, task }: Called) =>
  expect({ args, env, task }).toEqual({ args: usual.args, env: usual.env, task: usual.task });

/** What Milton wrote around the notes, and the notes in their fence. */
function apart(prompt: string) {
  const fence = /(?<=# Background[^\n]*\n[^\n]*\n)<research-([0-9a-f]{12})>\n([\s\S]*)\n<\/research-\1>/;
  const [, marker = '', notes = ''] = fence.exec(prompt) ?? [];
  return { marker, notes, around: prompt.replace(fence, 'NOTES') };
}

/** The prompt that Milton builds of a text and of notes, without all the rest of the pipeline. */
async function promptOf(text: string, notes: string): Promise<string> {
  const services = [
    given(Repositories, [{ name: 'app', path: repo.path, agent: undefined }]),
    given(ProcessRunner, new ExecaProcessRunner()),
    given(Environment, fakeEnvironment(hermetic(repo.home))),
  ];
  const task = { kind: 'CODE', text, repository: 'app', agent: 'claude' };
  const brief = { by: 'perplexity/sonar', text: notes, sources: [] };
  const slots = [[verdict, task] as const, [briefSlot, brief] as const];
  return (await startStep(promptBuild(), { services })({ slots })).slot<string>(prompt)!;
}

test('the agent has its limits as usual, and no secret of Milton’s', () => {
  expect(usual.args).toEqual(expect.arrayContaining(['--max-turns', '7', '--max-budget-usd', '2', 'acceptEdits']));
  expect(usual.args.join(' ')).not.toContain('passkeys');
  expect(usual.env.join('\n')).not.toMatch(/tk_made_up|made-up|SECRET|PERPLEXITY|NTFY/);
  expect(usual.task).toMatchObject({ access: 'write', limits: { turns: 7, costUsd: 2 } });
  expect(apart(usual.prompt).notes).toContain('Use passkeys.');
});

describe('T6: what a page on the web says stays in its fence', () => {
  test.each(Object.entries(RESEARCH))('%s', async (_, notes) => {
    const [built, again] = [await promptOf('add a login', notes), await promptOf('add a login', notes)].map(apart);
    expect(built!.around).toBe(apart(await promptOf('add a login', 'Use passkeys.')).around);
    expect(built!.notes).not.toMatch(
      /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\u{e0000}-\u{e007f}]/u,
    );
    expect(built!.notes.toLowerCase()).not.toContain(built!.marker);
    expect(built!.marker).not.toBe(again!.marker);
  });

  test('and changes nothing about how the agent is called', async () => {
    // What was found out for an equal request would be taken again.
    const called = await calledWith('add a logout', Object.values(RESEARCH).join('\n'));
    samePowers(called);
    const { around, notes } = apart(called.prompt);
    expect(around).toBe(apart(usual.prompt).around.replace('add a login', 'add a logout'));
    for (const word of ['bypassPermissions', '--add-dir', 'maintenance mode']) expect(notes).toContain(word);
  });
});

describe('T6: what a message says stays the task', () => {
  test.each(Object.entries(MESSAGES))('%s', async (_, text) => {
    const built = apart(await promptOf(text, 'Use passkeys.')).around;
    expect(built).toBe(apart(await promptOf('add a login', 'Use passkeys.')).around.replace('add a login', () => text));
  });

  test('and changes nothing about how the agent is called', async () => {
    const called = await calledWith(Object.values(MESSAGES).join('\n'));
    samePowers(called);
    expect(called.prompt).toContain('"maxTurns": 9999');
  });
});

test('T6: no file of the repository changes how the agent is called, or what Milton writes about the repository', async () => {
  const plant = (files: Readonly<Record<string, string>>, ...how: string[]) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(repo.path, name)), { recursive: true });
      writeFileSync(join(repo.path, name), text);
    }
    repo.git('add', '--all');
    // In the place of the one before, since the prompt has the subjects of commits.
    repo.git('commit', '--quiet', '--message', 'Files', ...how);
  };
  const manifest = { scripts: { test: 'x', lint: 'y', build: 'z' }, packageManager: 'npm@10.0.0' };
  const harmless = Object.fromEntries(Object.keys(FILES).map((name) => [name, 'Nothing.\n']));
  plant({ ...harmless, 'package.json': JSON.stringify(manifest), Makefile: 'test:\n' });
  const before = await calledWith('add a login');
  plant(FILES, '--amend');
  const after = await calledWith('add a login');
  samePowers(before);
  samePowers(after);
  expect(before.prompt).toContain('npm run lint');
  expect(apart(after.prompt).around).toBe(apart(before.prompt).around);
});

test('the corpus has thirty texts', () => {
  expect([RESEARCH, MESSAGES, FILES].flatMap((texts) => Object.keys(texts)).length).toBeGreaterThanOrEqual(30);
});
