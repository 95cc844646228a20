// T9, through the whole pipeline: what an agent, a command, the web and a person say holds 200 secrets, cut at any place.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hideWith, openTerminal, type Terminal } from '../src/cli/command-line/terminal.ts';
import { told } from '../src/cli/command-line/wording.ts';
import { showRun } from '../src/cli/runs/show-run.ts';
import type { Agent } from '../src/pipeline/agent.ts';
import type { Notice } from '../src/pipeline/message.ts';
import { queue } from '../src/pipeline/queue.ts';
import { createLogger } from '../src/pipeline/services/logger.ts';
import { ExecaProcessRunner } from '../src/pipeline/services/process-runner.ts';
import { createRedactor } from '../src/pipeline/services/redact.ts';
import { Fetch, Folders, Logger, ProcessRunner } from '../src/pipeline/services.ts';
import { bind } from '../src/pipeline/token.ts';
import { classify } from '../src/plugins/classify/classify.ts';
import { commands } from '../src/plugins/commands/commands.ts';
import { commandAgent } from '../src/plugins/execute/agents/command-agent.ts';
import { execute } from '../src/plugins/execute/execute.ts';
import { late } from '../src/plugins/late.ts';
import { promptBuild } from '../src/plugins/prompt-build/prompt-build.ts';
import { publish } from '../src/plugins/publish.ts';
import { perplexity } from '../src/plugins/research/providers/perplexity.ts';
import { research } from '../src/plugins/research/research.ts';
import { summarise } from '../src/plugins/summarise/summarise.ts';
import { type Trial, trial } from '../src/testing/trial.ts';
import { ntfyOptions } from '../src/transports/ntfy/options.ts';
import { NoticeForms } from '../src/transports/ntfy/send/notice-request.ts';
import { acting } from './support/acting-agent.ts';
import { type Canary, canaries, KIND_COUNT, seenIn } from './support/canaries.ts';
import { hermetic, makeAgent } from './support/fake-run.ts';
import { type GitRepo, gitRepo } from './support/git-repo.ts';
import { answerOf, eventsOf } from './support/stub-perplexity.ts';
import { options as ntfyTestOptions } from './transports/ntfy/fixture.ts';

/** What Milton itself holds, and knows only by its value. */
const HELD: Canary = {
  kind: 'known',
  text: 'it is correct horse battery staple',
  secret: 'correct horse battery staple',
};
const ALL = [...canaries(199, 9), HELD];
const SECRETS = [HELD.secret];
/** Words before a secret, so that it begins at another place of each line. */
const ahead = (n: number) => `${'so many words '.repeat(14).slice(0, n % 180)} `;
const LINES = ALL.map(({ text }, n) => `${ahead(n * 7)}${text}`);
const ONE_LINE = LINES.map((line) => line.replaceAll('\n', ' '));
/** Secrets that a program may be given as words. */
const SIMPLE = ALL.filter(({ text }) => !/[\n/]/.test(text) && Buffer.byteLength(text) < 200);

/** The same, with something in it that nobody sees. */
const broken = ({ text }: Canary, by: string) => `${text.slice(0, 14)}${by}${text.slice(14)}`;

let repo: GitRepo;
let log = '';
let started: Trial;
const results: unknown[] = [];
const files: string[] = [];

/** Prints and complains of all of it, in pieces of odd lengths, and fails. */
const TALKER = `
import { readFileSync, writeSync } from 'node:fs';
const lines = readFileSync(process.argv[2], 'utf8');
for (const to of [1, 2]) for (let at = 0; at < lines.length; at += 997) writeSync(to, lines.slice(at, at + 997));
process.exit(Number(process.argv[3]));
`;

beforeAll(async () => {
  repo = gitRepo();
  const [script, words] = [join(repo.root, 'talker.mjs'), join(repo.root, 'words')];
  writeFileSync(script, TALKER);
  writeFileSync(words, `${LINES.join('\n')}\n${ONE_LINE.slice(0, 40).join(' ')}`);
  const talks = (exitCode: number) => ({
    line: `node talker ${exitCode}`,
    argv: [process.execPath, script, words, String(exitCode)] as [string, ...string[]],
  });
  const output = join(repo.root, 'output');
  for (const folder of [output, join(repo.state, 'agents')]) mkdirSync(folder, { recursive: true });
  const variables = {
    ...hermetic(repo.home),
    DRY_RUN: false,
    MAX_OUTPUT_SIZE: 12_000,
    ENABLE_CODEX_FALLBACK: false,
    CLAUDE_FALLBACK_ON_LIMIT: false,
  };

  const robot = acting(({ folder }, { progress }) => {
    for (const line of LINES) progress(line);
    for (const { text } of SIMPLE) writeFileSync(join(folder, `a ${text}`), text);
    return {
      text: `${LINES.join('\n')}\n${ALL.map((each) => broken(each, '\u200b')).join('\n')}`,
      denials: [...ONE_LINE, ...ALL.map((each) => broken(each, '\ufeff').replaceAll('\n', ' '))],
    };
  });
  const loser = acting(
    () => ({
      status: 'failed',
      cause: 'other',
      reason: `${ahead(20)}${ONE_LINE.join(', ')}`,
      text: ONE_LINE.join(' '),
    }),
    { name: 'loser', label: 'Loser' },
  );
  const thrower = acting(() => Promise.reject(new Error(ONE_LINE.join(' '), { cause: new Error(LINES.join('\n')) })), {
    ...{ name: 'thrower', label: 'Thrower' },
  });
  const talker: Agent = await makeAgent(
    commandAgent({
      as: 'talker',
      bin: process.execPath,
      args: [script, words, '3', '{{promptFile}}'],
      prompt: 'file',
    }),
    { variables, state: repo.state, secrets: SECRETS },
  );
  const logger = await createLogger({
    ...{ level: 'debug', redact: createRedactor(SECRETS), readable: true },
    watch: (line) => {
      log += line;
    },
  });
  const text = `${LINES.map((line, n) => `${line} [${n % 200}]`).join('\n')}`;
  const answer = answerOf(text, {
    output: [
      {
        type: 'search_results',
        queries: [],
        results: LINES.map((line, id) => ({ id, title: line, url: `https://example.org/${encodeURIComponent(line)}` })),
      },
      { type: 'message', content: [{ type: 'output_text', text }] },
    ],
  });
  let asked = 0;
  const web = (async () => {
    if (asked++ % 2 === 1)
      return new Response(JSON.stringify({ error: { message: ONE_LINE.join(' ') } }), { status: 400 });
    const events = eventsOf(text, answer).map((event) => `data: ${JSON.stringify(event)}\n\n`);
    return new Response(events.join(''), { headers: { 'content-type': 'text/event-stream' } });
  }) as typeof fetch;

  started = await trial(
    [
      ...[classify({ default: 'ask' }), late(), commands({ diffLines: true }), queue()],
      ...[
        research({ providers: [perplexity({ apiKey: 'pplx-0123456789abcdef0123', baseUrl: 'https://web.example' })] }),
        promptBuild(),
      ],
      ...[execute({ redactOutput: true, progressEvery: 0.001 } as never), summarise(), publish()],
    ],
    {
      variables: { ...variables, PERPLEXITY_TIMEOUT: 60, PERPLEXITY_MAX_RETRIES: 0 },
      secrets: SECRETS,
      agents: [robot, loser, thrower, talker],
      repositories: [
        // One repository under many names, so that they need not wait for each other.
        { name: 'robot-s', path: repo.path, agent: 'robot', test: talks(1) },
        ...['loser', 'thrower', 'talker'].map((name) => ({ name: `${name}-s`, path: repo.path, agent: name })),
        { name: 'unready', path: repo.path, agent: undefined, prepare: talks(2) },
      ],
      services: [
        bind(Logger, () => logger),
        bind(ProcessRunner, () => new ExecaProcessRunner()),
        bind(Folders, () => ({ state: repo.state, output, logs: repo.state })),
        bind(Fetch, () => web),
      ],
      onSend: async () => {},
    },
  );
  const request = (n: number) => `${ahead(n * 11)}${ALL[(n * 13) % ALL.length]!.text}`;
  for (const agent of ['robot', 'loser', 'thrower', 'talker'])
    started.send(`CODE @${agent}-s: ${request(agent.length)}`);
  const hidden = ALL.slice(0, 43).map((each) => broken(each, '\u001b[0m'));
  started.send(`CODE @unready: ${request(9)} ${hidden.join(' ')}`, {
    unread: [{ name: ONE_LINE[3]!, why: ONE_LINE[4]! }],
  });
  // What is only answered: mistyped, unknown, too late.
  for (const [n, { text: secret }] of ALL.entries()) {
    const words = secret.replaceAll('\n', ' ');
    started.send(
      `${['CANCEL', 'STATUS', 'CODEE:', 'CODE @nobody:', 'DIFF', 'CONTINUE'][n % 6]} ${ahead(n % 30)}${words}`,
    );
    if (n % 6 === 0) started.send(words, { unread: [{ name: `${ahead(n % 60)}${words}`, why: words }] });
  }
  await started.idle(120_000);
  for (const words of ['STATUS', 'QUEUE', 'DIFF last', 'STATUS last', 'RETRY nobody']) started.send(words);
  await started.idle(120_000);
  for (const job of await started.jobs()) results.push(job, await started.store.results(job.id));
  for (const folder of [output, join(repo.state, 'agents')]) {
    for (const name of readdirSync(folder)) files.push(readFileSync(join(folder, name), 'utf8'));
  }
}, 300_000);

afterAll(async () => {
  await started.stop();
  repo[Symbol.dispose]();
});

/** What commands would print. */
function printed(print: (terminal: Terminal) => void): string {
  let all = '';
  const line = (text: string) => {
    all += `${text}\n`;
  };
  print({ ...openTerminal({ verbose: false }), print: line, talk: line, style: (_, text) => text });
  return all;
}

describe('T9: of 200 secrets of more than 30 kinds', () => {
  test('each is said somewhere, or nothing would be shown here', async () => {
    expect([ALL.length, KIND_COUNT]).toEqual([200, expect.toSatisfy((count: number) => count >= 30)]);
    expect((await started.jobs()).map(({ state }) => state).sort()).toEqual([
      'done',
      'failed',
      'failed',
      'failed',
      'failed',
    ]);
    expect(started.notices.length).toBeGreaterThan(200);
    expect(files.join('').match(/\[redacted\]/g)!.length).toBeGreaterThan(800);
  });

  test('none is in a notice, whichever form ntfy is sent', () => {
    const options = ntfyOptions.parse(ntfyTestOptions('https://ntfy.example'));
    const forms = (notice: Notice) => {
      const made = new NoticeForms(notice, { run: 'req_a', key: 'k' }, options, () => ({}));
      return [made.whole(), made.file(), ...made.parts(), made.plainest()];
    };
    const sent = started.notices.flatMap((notice) => [notice, ...forms(notice)]);
    expect(seenIn(JSON.stringify(sent), ALL)).toEqual([]);
    expect(seenIn(sent.map((each) => Object.values(each).join('\n')).join('\n'), ALL)).toEqual([]);
  });

  test('none is in the log', () => {
    expect(log.length).toBeGreaterThan(100_000);
    expect(seenIn(log, ALL)).toEqual([]);
  });

  test('none is in a report, or in the output of an agent, of tests and of prepare that was saved', () => {
    expect(files.length).toBeGreaterThan(8);
    expect(seenIn(files.join('\n'), ALL)).toEqual([]);
  });

  test('none is in a summary, in the name of a branch or in the message of a commit', () => {
    const summaries = results.flatMap((each) => (each as { summary?: unknown }).summary ?? []);
    expect(summaries.length).toBe(4);
    expect(seenIn(JSON.stringify(summaries), ALL)).toEqual([]);
    expect(seenIn(repo.git('log', '--all', '--format=%B %D'), ALL)).toEqual([]);
    expect(existsSync(join(repo.path, 'README.md'))).toBe(true);
  });

  test('none is printed by milton runs show, list and status', async () => {
    hideWith(createRedactor(SECRETS));
    const jobs = await started.jobs();
    let all = '';
    for (const job of jobs) {
      const found = await started.store.results(job.id);
      all += printed((terminal) => showRun(job, found, terminal)) + told(job);
    }
    expect(all.length).toBeGreaterThan(50_000);
    expect(seenIn(all, ALL)).toEqual([]);
  });
});
