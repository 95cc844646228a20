// What can be written on a phone or a command line, as far as it reaches ids, paths, programs and settings.
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { findRun } from '../../../src/cli/installation/find-run.ts';
import { type Agent, Agents } from '../../../src/pipeline/agent.ts';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { Clock, Environment, Folders, ProcessRunner, Repositories } from '../../../src/pipeline/services.ts';
import { type JobFilter, JobStore, type JobView } from '../../../src/pipeline/store/job-store.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { understand } from '../../../src/plugins/classify/understand.ts';
import { commands } from '../../../src/plugins/commands/commands.ts';
import { dedupe } from '../../../src/plugins/dedupe.ts';
import { publish } from '../../../src/plugins/publish.ts';
import { command, summary } from '../../../src/plugins/slots.ts';
import { trial } from '../../../src/testing/trial.ts';
import { given, startStep } from '../../support/fake-intake.ts';
import fc from '../../support/property.ts';

const ID = /^req_[a-z2-7]{6,16}$/;
const QUESTION = /^q[a-z2-7]{4,}$/;
const COMMANDS = command.schema.shape.name.options;
const NAMES = { repositories: ['app'], agents: ['claude'] };

const jobs = (['active', 'queued', 'held', 'done'] as const).map((state, i): JobView => {
  const id = `req_${'abcd'[i]!.repeat(6)}`;
  return {
    ...{ id, lane: 'app', state, attempt: 1, createdAt: 0, retryOf: undefined, cancelRequested: false },
    message: { id: `phone:${i}`, transport: 'phone', text: 'CODE: x', at: '2026-11-23T10:00:00Z' },
    slots: { verdict: { kind: 'CODE', text: 'x', repository: 'app', agent: 'claude' } },
    ...{ startedAt: 0, finishedAt: state === 'done' ? 0 : undefined, queued: true, notices: [] },
  };
});
const known = jobs.map(({ id }) => id);

/** A store that tells what it was asked for by id. */
function spied() {
  const ids: unknown[] = [];
  const asked =
    <T>(answer: T) =>
    async (id: unknown) => {
      ids.push(id);
      return answer;
    };
  const store = {
    list: async ({ states, limit }: JobFilter = {}) =>
      jobs.filter(({ state }) => states?.includes(state) ?? true).slice(0, limit),
    get: async (id: unknown) => {
      ids.push(id);
      return jobs.find((job) => job.id === id);
    },
    results: asked({}),
    questions: asked([
      { id: 'qabcd', key: 'late/run', choices: ['yes', 'no'], onTimeout: 'no', where: 'anywhere', open: true },
    ]),
  };
  return { ids, store: store as unknown as JobStore };
}

/** Carries a command out; `programs` are the command lines that it started. */
async function carryOut(name: string, argument: string) {
  const { ids, store } = spied();
  const programs: string[] = [];
  const run = async (bin: string, args: readonly string[]) => {
    programs.push(JSON.stringify([bin, ...args]));
    return { exitCode: 0, stdout: '', stderr: '', failure: undefined };
  };
  const services = [
    given(JobStore, store),
    given(ProcessRunner, { run } as unknown as ProcessRunner),
    given(Clock, { now: () => 0 }),
    given(Environment, { get: () => undefined }),
    given(Repositories, [{ name: 'app', path: '/app', agent: undefined }]),
    given(Agents, [{ name: 'claude' } as Agent]),
  ];
  const step = startStep(commands({ diffLines: false }), { services });
  const { effects } = await step({ id: 'req_newone', slots: [[command, { name, argument }]] });
  return { ids: ids.filter((id) => id !== 'req_newone'), effects, programs };
}

const nasty = fc.oneof(
  fc.constantFrom(
    ...['', 'last', ...known, 'bbbbbb', 'BBBBBB', 'qabcd yes', 'qabcd ../../x', 'q../../x yes', 'QABCD\nyes'],
    ...[
      '../../etc/passwd',
      '..',
      '/',
      'req_../../x',
      'req_aaaaaa/../../x',
      'req_aaaaaa.txt',
      'req_aaaaaa\0',
      'last/..',
    ],
    ...[
      '*',
      '%',
      'req_%',
      "aaaaaa' OR 1=1 --",
      'refs/heads/main',
      'milton/*',
      '--help',
      '-rf',
      '--output=/tmp/x',
      '$(id)',
      '`id`',
    ],
    ...[
      '__proto__',
      'constructor',
      'toString',
      'ａａａａａａ',
      'аaaaaa',
      'req_аааааа',
      'a'.repeat(10_000),
      'req_aaaaaa\nlast',
    ],
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.tuple(fc.constantFrom('req_', '../', 'req_aaaaaa', 'bbbbbb'), fc.string({ maxLength: 8 })).map(([a, b]) => a + b),
);

describe('T11: nothing but the id of a request reaches the store, and no text a path or a program', () => {
  test('of a phone command, whatever stands behind it', async () => {
    const legitimate = new Set<string>();
    for (const id of [...known, 'last']) for (const each of (await carryOut('DIFF', id)).programs) legitimate.add(each);
    expect(legitimate.size).toBeGreaterThan(3);
    const name = fc.constantFrom(...COMMANDS);
    const property = fc.asyncProperty(name, nasty, fc.boolean(), async (called, argument, spoken) => {
      // As the phone says it, or as another step that reads messages might hand it on.
      const reading = understand(`${called} ${argument}`, NAMES);
      if (spoken && reading.is !== 'command') return;
      const read = spoken && reading.is === 'command' ? reading : { name: called, argument };
      const { ids, effects, programs } = await carryOut(read.name, read.argument);
      for (const id of ids) expect(id).toMatch(ID);
      for (const line of programs) expect(legitimate).toContain(line);
      for (const effect of effects) {
        if (effect.do === 'answer') expect(effect.question).toMatch(QUESTION);
        else expect(known).toContain(effect.job);
      }
    });
    await fc.assert(property, { numRuns: 1_500 });
  });

  test('of what is typed behind milton runs show, approve and deny', async () => {
    const property = fc.asyncProperty(nasty, async (word) => {
      const { ids, store } = spied();
      const found = await findRun(store, word);
      for (const id of ids) expect(id).toMatch(ID);
      if (found) expect(word.toLowerCase()).toMatch(/^(?:last|(?:req_)?[a-z2-7]{6,16})$/);
    });
    await fc.assert(property, { numRuns: 2_000 });
    expect((await findRun(spied().store, 'BBBBBB'))?.id).toBe('req_bbbbbb');
  });
});

const ADMIN = [
  ...[
    'config',
    'set',
    'settings',
    'env',
    'keys',
    'key',
    'secret',
    'secrets',
    'rotate',
    'totp',
    'pair',
    'pairing',
    'trust',
  ],
  ...['repositories', 'repository', 'repo', 'plugins', 'plugin', 'install', 'uninstall', 'agents', 'mode', 'allowlist'],
  ...[
    'merge',
    'push',
    'deploy',
    'publish',
    'prune',
    'start',
    'restart',
    'shutdown',
    'update',
    'upgrade',
    'sudo',
    'exec',
    'eval',
  ],
];
const FORMS = [
  (word: string) => word.toUpperCase(),
  (word: string) => `${word.toUpperCase()}: show`,
  (word: string) => `${word} last`,
  (word: string) => `milton ${word} new`,
  (word: string) => `${word.toUpperCase()} TARGET_REPO=/etc`,
  (word: string) => `/${word} add ../../etc`,
];

describe('T19: nobody administers Milton by phone', () => {
  test('these are the commands of the phone, and none of them changes settings, keys, repositories or plugins', () => {
    expect(COMMANDS.toSorted()).toEqual([
      'ANSWER',
      'APPROVE',
      'CANCEL',
      'DENY',
      'DIFF',
      'HELP',
      'QUEUE',
      'RETRY',
      'STATUS',
    ]);
  });

  test('what an administrator would say is no command', () => {
    const read = ADMIN.flatMap((word) => FORMS.map((form) => form(word))).map((text) => [
      text,
      understand(text, NAMES).is,
    ]);
    expect(read.filter(([, is]) => is === 'command')).toEqual([]);
  });

  afterEach(() => vi.unstubAllEnvs());

  test('T11, T19: whatever is sent, only reports with the id of a request are written, and nothing else is changed', async () => {
    const root = mkdtempSync(join(tmpdir(), 'milton-outside-'));
    vi.stubEnv('HOME', join(root, 'home'));
    const own = ['milton.config.ts', '.env', 'secrets.json', 'repositories.json'].map(
      (name) => `home/.config/milton/${name}`,
    );
    for (const name of [...own, 'app/README.md', 'victim']) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), `mine: ${name}`, { mode: 0o600 });
    }
    const state = join(root, 'state');
    const output = join(state, 'output');
    const before = snapshot(root, state);
    const variables = JSON.stringify(process.env);

    const work = definePlugin({
      name: 'work',
      where: 'work',
      provides: [summary],
      setup: () => async (run, next) => {
        run.set(summary, { outcome: 'done', title: 'done', body: '', report: `Asked: ${run.message.text}\n` });
        await next();
      },
    });
    const t = await trial([dedupe(), classify(), commands(), queue(), work(), publish()], {
      repositories: [{ name: 'app', path: join(root, 'app'), agent: undefined }],
      agents: [{ name: 'claude' } as Agent],
      services: [
        bind(Folders, () => ({ state, output, logs: join(state, 'logs') })),
        bind(ProcessRunner, () => ({ run: async () => ({ exitCode: 0, stdout: '', stderr: '' }) as never })),
      ],
    });
    const paths = ['../../victim', join(root, 'victim'), 'req_aaaaaa\0/../victim'];
    const texts = [
      ...ADMIN.map((word, i) => FORMS[i % FORMS.length]!(word)),
      ...paths.flatMap((path) => [...COMMANDS, 'CODE:', 'CONTINUE', '@'].map((name) => `${name} ${path}`)),
    ];
    for (const text of texts) t.send(text, { id: `phone:../../victim:${texts.indexOf(text)}` });
    await t.idle(15_000);

    expect(snapshot(root, state)).toEqual(before);
    expect(JSON.stringify(process.env)).toBe(variables);
    const written = readdirSync(state, { recursive: true, encoding: 'utf8' }).filter((name) => name !== 'output');
    expect(written.filter((name) => !/^output\/req_[a-z2-7]{6,16}\.txt$/.test(name))).toEqual([]);
    // What was no command was work for an agent, in a repository and by an agent of the configuration, and nothing more.
    const requests = await t.jobs();
    expect(written).toHaveLength(requests.length);
    expect(requests.length).toBeGreaterThan(20);
    for (const { id, slots } of requests) {
      expect(id).toMatch(ID);
      expect(slots.verdict).toMatchObject({ repository: 'app', agent: 'claude' });
    }
    await t.stop();
    rmSync(root, { recursive: true, force: true });
  });
});

/** Everything below a folder but one, with its mode and content. */
function snapshot(root: string, without: string): readonly string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, name))
    .filter((path) => path !== without && !path.startsWith(`${without}/`))
    .map((path) => {
      const found = lstatSync(path);
      const content = found.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
      return `${path} ${found.mode.toString(8)} ${content}`;
    });
}
