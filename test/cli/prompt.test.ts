import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from './desk.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
  mkdirSync(join(desk.home, 'tmp'));
  desk.write('app/package.json', JSON.stringify({ scripts: { test: 'x', lint: 'y' } }));
});
afterEach(() => desk[Symbol.dispose]());

interface Wish {
  readonly pipeline?: string;
  /** What stands above the configuration: steps, slots, functions. */
  readonly above?: string;
}

const PIPELINE =
  'dedupe(), authorise(), classify(), limits(), late(), commands(), queue(), research(), promptBuild(), execute(), summarise(), publish()';

/** A configuration whose transport leaves the file `touched` wherever it is set up. */
function configure({ pipeline = PIPELINE, above = '' }: Wish = {}): void {
  desk.write(
    'milton.config.ts',
    `
import { writeFileSync } from 'node:fs';
import {
  authorise, brief, classify, commands, dedupe, defineConfig, definePlugin, defineTransport, execute, late, limits, promptBuild, prompt,
  publish, queue, rehearsal, research, slot, sqlite, summarise, verdict,
} from 'milton-orchestrator';
import { NEVER } from 'rxjs';
import { z } from 'zod';

const desk = defineTransport({
  name: 'desk',
  create: ({ name }) => {
    writeFileSync(\`\${import.meta.dirname}/touched\`, '');
    return { name, exposure: 'local', health$: NEVER, messages$: NEVER, async send() {} };
  },
});
${above}
export default defineConfig({
  repositories: { app: { path: 'app' } },
  transports: [desk()],
  store: sqlite(),
  agents: [rehearsal()],
  pipeline: [${pipeline}],
});
`,
  );
}

const run = (
  args: readonly string[],
  { input = '', env = {} }: { input?: string; env?: Record<string, string> } = {},
) => desk.run(['prompt', ...args], { input, env: { TMPDIR: join(desk.home, 'tmp'), ...env } });

/** A researcher that says so in the file \`asked\`. */
const ASKS = `
const asks = definePlugin({
  name: 'asks', where: 'work', requires: [verdict], provides: [brief],
  setup: () => async (run, next) => {
    writeFileSync(\`\${import.meta.dirname}/asked\`, '');
    run.set(brief, { by: 'a page', text: 'Use passkeys.', sources: [] });
    run.notify({ title: '🔎 looked it up', body: 'One page.', kind: 'milestone' });
    await next();
  },
});`;
const WITH_ASKS = 'classify(), queue(), asks(), promptBuild(), execute()';

describe('milton prompt', () => {
  test('prints what the agent would get, and to the person how long it is', async () => {
    configure();
    const { code, stdout, stderr } = await run(['CODE: add a login']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^# Task\nadd a login\n\n# Repository\n- .*"app".*\n/);
    expect(stdout).toContain('- test: `npm test`');
    expect(stdout.match(/^# .+$/gm)).toEqual(
      ['Task', 'Repository', 'Acceptance criteria', 'How to work', 'Tests', 'Security', 'Limits', 'Report'].map(
        (heading) => `# ${heading}`,
      ),
    );
    expect(stderr).toMatch(/^section {5}tokens \(estimated\)\ntask +6\nrepository +\d+\ncriteria +\d+\n/);
    expect(stderr).toMatch(
      /\nreport +\d+\ntotal +\d+\nWithout research\(\): --web runs it as well, which may ask the web and cost something\.\n$/,
    );
  });

  test('takes the request from standard input; --json has the prompt, its sections and the sum', async () => {
    configure();
    const { code, stdout } = await run(['--json', '-'], { input: 'RESEARCH: how does\nthe login work?\n' });
    const { v, prompt, sections, tokens } = JSON.parse(stdout);
    expect([code, v]).toEqual([0, 1]);
    expect(prompt).toMatch(/^# Question\nhow does\nthe login work\?\n\n# Repository\n/);
    expect(sections.map(({ name }: { name: string }) => name)).toEqual(['task', 'repository', 'limits', 'report']);
    expect(tokens).toBeGreaterThan(sections[0].tokens + sections[3].tokens);
  });

  test('has sections that were replaced, left out and added; shows no secret, and says so', async () => {
    const house = "function house() { return '# House rules\\n- Be kind.'; }";
    const options =
      "{ sections: { security: ({ task }) => '# Security\\n- ' + task.repository, tests: false }, more: [house] }";
    configure({ above: house, pipeline: PIPELINE.replace('promptBuild()', `promptBuild(${options})`) });
    const env = { NTFY_PASSWORD: 'hunter2hunter2' };
    const { stdout, stderr } = await run(['CODE: log in as hunter2hunter2'], { env });
    expect(stdout).toMatch(/^# Task\nlog in as \[redacted\]\n/);
    expect(stderr).toContain(
      'Secrets and control characters are not shown; the agent gets the request as it was written.',
    );
    expect(stdout).toContain('\n\n# Security\n- app\n\n# Limits\n');
    expect(stdout).toContain('\n\n# House rules\n- Be kind.\n\n# Report\n');
    expect(stdout).not.toContain('# Tests');
    expect(stderr).toMatch(/^house +\d+$/m);
  });

  test('the steps of somebody else make it, with what they read of others above queue()', async () => {
    const above = `
const ticket = slot('ticket', z.number());
const findTicket = definePlugin({
  name: 'find-ticket', where: 'intake', provides: [ticket],
  setup: () => async (run, next) => { run.set(ticket, Number(/#(\\d+)/.exec(run.message.text)?.[1])); await next(); },
});
const short = definePlugin({
  name: 'short', where: 'work', requires: [verdict], optional: [ticket], provides: [prompt],
  setup: () => async (run, next) => { run.set(prompt, \`Ticket \${run.get(ticket)}: \${run.get(verdict).text}\`); await next(); },
});
const never = definePlugin({ name: 'never', setup: () => () => { throw new Error('not needed'); } });`;
    configure({ above, pipeline: 'findTicket(), classify(), queue(), never(), short(), execute()' });
    const { code, stdout, stderr } = await run(['CODE: fix the login, see #123']);
    expect(code, stderr).toBe(0);
    expect(stdout).toBe('Ticket 123: fix the login, see #123\n');
    expect(stderr).toMatch(/^section {2}tokens \(estimated\)\ntotal +\d+\n$/);
  });
});

describe('--web', () => {
  test('asks as a request would, touches neither transports nor state, and leaves nothing behind', async () => {
    configure({ above: ASKS, pipeline: WITH_ASKS });
    const { code, stdout, stderr } = await run(['--web', 'CODE: add a login']);
    expect(code, stderr).toBe(0);
    expect(existsSync(join(desk.home, 'asked'))).toBe(true);
    expect(stdout).toMatch(/\n<research-([0-9a-f]{12})>\nUse passkeys\.\n<\/research-\1>\n\n# Report\n/);
    expect(stderr).toMatch(/^🔎 looked it up\nOne page\.\nsection/);
    expect(stderr).toMatch(/^background +\d+$/m);
    expect(existsSync(join(desk.home, 'touched'))).toBe(false);
    expect(existsSync(join(desk.home, '.local'))).toBe(false);
    expect(readdirSync(join(desk.home, 'tmp'))).toEqual([]);
  });
});

describe('what is no request gets the answer of the phone', () => {
  test.each<[string, string]>([
    ['STATUS', 'milton: STATUS is a phone command, and not a request\nIt is carried out without any agent.\n'],
    ['CODE @nobody: add a login', 'milton: Nothing here is called "nobody"\nNothing was run. Repositories: app.'],
  ])('%s', async (text, told) => {
    configure();
    const { code, stdout, stderr } = await run([text]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(told);
  });

  test('nothing on standard input', async () => {
    expect(await run(['-'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'milton: There is no request.\nWrite: milton prompt "CODE: add a login page"\n',
    });
  });
});

describe('what goes wrong', () => {
  test.each<[string, Wish, number, string]>([
    [
      'a section that fails',
      {
        pipeline: PIPELINE.replace('promptBuild()', "promptBuild({ sections: { work() { throw new Error('no'); } } })"),
      },
      1,
      'failed\nprompt-build: The section "work" of the prompt failed: no. Correct it in promptBuild()',
    ],
    [
      'a step above queue() that fails',
      {
        above:
          "const fails = definePlugin({ name: 'fails', provides: [verdict], setup: () => () => { throw new Error('no'); } });",
        pipeline: 'fails(), queue(), research(), promptBuild()',
      },
      1,
      'milton: ❌ not accepted\nno Nothing was run.\n',
    ],
    [
      'a step that asks',
      {
        above: `const asks = definePlugin({ name: 'asks', provides: [verdict], setup: () => async (run) => {
          await run.ask('which', { title: 'Which one?', choices: ['a', 'b'], timeout: 60_000, onTimeout: 'b' });
        } });`,
        pipeline: 'asks(), queue(), research(), promptBuild()',
      },
      1,
      'Only a running Milton can be answered: send it the request.\n',
    ],
    [
      'a step that says nothing',
      {
        above:
          "const drops = definePlugin({ name: 'drops', provides: [verdict], setup: () => (run) => run.ignore() });",
        pipeline: 'drops(), queue(), research(), promptBuild()',
      },
      1,
      'milton: The steps made no prompt of it, and said nothing.\n',
    ],
  ])('%s', async (_, wish, exit, told) => {
    configure(wish);
    const { code, stdout, stderr } = await run(['CODE: add a login']);
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toContain(told);
    expect(readdirSync(join(desk.home, 'tmp'))).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'a step that hangs is ended by %s, and leaves nothing behind',
    async (signal) => {
      const above = `
const hangs = definePlugin({
  name: 'hangs', where: 'work', provides: [brief],
  setup: () => async () => { writeFileSync(\`\${import.meta.dirname}/hanging\`, ''); await new Promise(() => {}); },
});`;
      configure({ above, pipeline: 'classify(), queue(), hangs(), promptBuild()' });
      const { child, ended } = desk.start(['prompt', '--web', 'CODE: add a login'], {
        env: { TMPDIR: join(desk.home, 'tmp') },
      });
      await expect.poll(() => existsSync(join(desk.home, 'hanging'))).toBe(true);
      child.kill(signal);
      expect((await ended).code).toBe(signal === 'SIGINT' ? 130 : 143);
      expect(readdirSync(join(desk.home, 'tmp'))).toEqual([]);
    },
  );

  test('no configuration at all', async () => {
    expect(await run(['CODE: add a login'])).toMatchObject({ code: 3, stdout: '' });
  });
});

test('milton config shows functions by their names, not their source', async () => {
  const options =
    "{ sections: { security: () => 'the source', tests: false }, more: [function house() { return 'the source'; }] }";
  configure({ pipeline: PIPELINE.replace('promptBuild()', `promptBuild(${options})`) });
  const { code, stdout } = await desk.run(['config']);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^ {2}prompt-build\.sections +\{"security":"\[function security\]","tests":false\} +milton\.config\.ts$/m,
  );
  expect(stdout).toMatch(/^ {2}prompt-build\.more +\["\[function house\]"\] +milton\.config\.ts$/m);
  expect(stdout).not.toContain('the source');
});
