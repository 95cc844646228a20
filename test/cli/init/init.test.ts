import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Invocation } from '../../../src/cli/command-line/command.ts';
import { openTerminal } from '../../../src/cli/command-line/terminal.ts';
import { init as run } from '../../../src/cli/init/init.ts';
import { Desk } from '../desk.ts';

/** Nobody listens there, which a set-up must not depend on. */
const SERVER = 'http://127.0.0.1:1';

let desk: Desk;
const before = { folder: process.cwd(), env: { ...process.env } };
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => {
  process.chdir(before.folder);
  become(before.env);
  desk[Symbol.dispose]();
});

function become(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
}

interface Where {
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** `milton init --yes` in this process, in the repository unless told otherwise; resolves to what it says. */
async function init(flags: Invocation['flags'] = {}, { folder = join(desk.home, 'app'), env = {} }: Where = {}) {
  become({ PATH: '/usr/bin:/bin', HOME: desk.home, ...env });
  process.chdir(folder);
  const said: string[] = [];
  const say = (line: string) => void said.push(line);
  const terminal = { ...openTerminal({ verbose: false }), talk: say, print: say };
  const code = await run({ flags: { yes: true, server: SERVER, ...flags }, words: [], terminal });
  return { code, said: said.join('\n') };
}

const own = (file: string) => join(desk.home, '.config/milton', file);
const env = () => parseEnv(readFileSync(own('.env'), 'utf8'));

describe('milton init --yes', () => {
  test('makes a set-up that nobody else can read, and that milton check finds in order', async () => {
    const { code, stderr } = await desk.run(['init', '--yes', '--server', SERVER], { cwd: join(desk.home, 'app') });
    expect([code, stderr]).toEqual([0, expect.stringContaining('Rehearsal')]);
    for (const file of ['milton.config.ts', '.env', 'secrets.json']) {
      expect([file, statSync(own(file)).mode & 0o777]).toEqual([file, 0o600]);
    }
    expect(statSync(own('')).mode & 0o777).toBe(0o700);
    expect(env()).toMatchObject({ TARGET_REPO: join(desk.home, 'app'), NTFY_BASE_URL: 'http://127.0.0.1:1' });
    expect(await desk.run(['check'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(own('milton.config.ts')),
    });
  });

  test.each([
    ['shortcut', 'authorise(),', {}],
    ['codes', "authorise({ mode: 'totp' }),", {}],
    ['acl', "authorise({ mode: 'acl' }),", { user: 'milton' }],
  ])('--send %s: the configuration says so, and the keys are there', async (send, line, login: { user?: string }) => {
    const { code } = await init(
      { send, agent: 'rehearsal', ...login },
      { env: login.user ? { NTFY_PASSWORD: "it's a `made-up` one" } : {} },
    );
    expect(code).toBe(0);
    expect(readFileSync(own('milton.config.ts'), 'utf8')).toContain(`    ${line}\n`);
    const keys = JSON.parse(readFileSync(own('secrets.json'), 'utf8'));
    expect(keys.signing).toHaveLength(1);
    expect(typeof keys.totp).toBe(send === 'codes' ? 'string' : 'undefined');
    if (login.user) expect(env()).toMatchObject({ NTFY_USER: 'milton', NTFY_PASSWORD: "it's a `made-up` one" });
  });

  test('chooses the topics at random, and takes those that are named', async () => {
    await init();
    const { ASK_TOPIC, ANSWER_TOPIC } = env();
    expect(ASK_TOPIC).toMatch(/^milton-ask-[a-z2-7]{26}$/);
    expect(ANSWER_TOPIC).toMatch(/^milton-answer-[a-z2-7]{26}$/);
    await init({ replace: true, 'ask-topic': 'mine' });
    expect(env().ASK_TOPIC).toBe('mine');
    expect(env().ANSWER_TOPIC).not.toBe(ANSWER_TOPIC);
  });

  test('a second time changes nothing; with --replace the old files and the keys are kept', async () => {
    await init();
    const files = () =>
      Object.fromEntries(
        readdirSync(own('')).map((file) => [file, statSync(own(file)).isFile() && readFileSync(own(file), 'utf8')]),
      );
    const before = files();
    expect(await init()).toMatchObject({ code: 0, said: expect.stringContaining('stays as it is') });
    expect(files()).toEqual(before);
    const { said } = await init({ replace: true });
    const after = files();
    expect(after['secrets.json']).toBe(before['secrets.json']);
    const kept = Object.keys(after).filter((file) => file.endsWith('.bak'));
    expect(kept).toHaveLength(2);
    for (const file of kept) expect(said).toContain(file);
    expect(kept.map((file) => after[file]).sort()).toEqual([before['.env'], before['milton.config.ts']].sort());
  });

  test('takes the secrets of the environment along, since a service will not have it', async () => {
    await init(
      {},
      { env: { PERPLEXITY_API_KEY: 'pplx-made-up-key-1234', NTFY_TOKEN: 'tk_madeupmadeupmadeupmadeupmadeu' } },
    );
    expect(env()).toMatchObject({
      PERPLEXITY_API_KEY: 'pplx-made-up-key-1234',
      NTFY_TOKEN: 'tk_madeupmadeupmadeupmadeupmadeu',
    });
  });

  test.each([
    ['a folder that is no checkout', { repository: '/nowhere' }, /no checkout/],
    ['an agent that nobody knows', { agent: 'nobody' }, /no agent "nobody"/],
    ['a topic that cannot be one', { 'ask-topic': 'a b' }, /no topic/],
    ['a way to send that needs a login', { send: 'acl' }, /needs a login/],
    ['one topic for both ways', { 'ask-topic': 'one', 'answer-topic': 'one' }, /two topics/],
    ['a user without a password', { user: 'phil' }, /password of phil is not known/],
    ['another place', { config: 'here.ts' }, /takes no --config/],
  ])('%s is refused, and nothing is written', async (_, args: Invocation['flags'], why) => {
    await expect(init(args)).rejects.toMatchObject({ code: 'USAGE', message: expect.stringMatching(why) });
    expect(existsSync(join(desk.home, '.config'))).toBe(false);
  });

  test('a repository that holds the set-up itself is refused, and nothing is written', async () => {
    mkdirSync(join(desk.home, '.git/objects'), { recursive: true });
    writeFileSync(join(desk.home, '.git/HEAD'), 'ref: refs/heads/main\n');
    await expect(init({ repository: desk.home })).rejects.toMatchObject({
      message: expect.stringContaining('agents could change'),
    });
    expect(existsSync(join(desk.home, '.config'))).toBe(false);
  });

  test('an .env alone is no set-up: a whole one is made, and it is kept beside', async () => {
    mkdirSync(own(''), { recursive: true, mode: 0o700 });
    writeFileSync(own('.env'), 'ASK_TOPIC=old\n', { mode: 0o600 });
    expect((await init()).code).toBe(0);
    const kept = readdirSync(own('')).filter((file) => file.endsWith('.bak'));
    expect(kept.map((file) => readFileSync(own(file), 'utf8'))).toEqual(['ASK_TOPIC=old\n']);
    expect(env().ASK_TOPIC).not.toBe('old');
  });

  test('what this shell says otherwise does not count, and is told', async () => {
    const { said } = await init({}, { env: { ASK_TOPIC: 'of-the-shell' } });
    expect(said).toContain('ASK_TOPIC is set otherwise in this shell');
    expect(process.env.ASK_TOPIC).toBeUndefined();
  });

  test('shows no key where nobody looks at a terminal', async () => {
    const { said } = await init();
    expect(said).toContain('milton keys qr');
    expect(said).not.toContain('█');
  });

  test('without any checkout it says which option is missing', async () => {
    const empty = join(desk.home, 'app/.git/objects');
    const nowhere = init({}, { folder: '/', env: { HOME: empty } });
    await expect(nowhere).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringContaining('milton init --help') });
  });

  test('keys that others could have read are not used, and nothing is written', async () => {
    mkdirSync(own(''), { recursive: true, mode: 0o700 });
    writeFileSync(own('secrets.json'), '{}', { mode: 0o644 });
    await expect(init()).rejects.toMatchObject({ code: 'KEYS_UNSAFE', hint: expect.stringContaining('chmod 600') });
    expect(readdirSync(own(''))).toEqual(['secrets.json']);
  });

  test('says that a configuration in this folder comes first', async () => {
    writeFileSync(join(desk.home, 'milton.config.ts'), 'export default {};\n');
    const { said } = await init({ repository: 'app' }, { folder: desk.home });
    expect(said).toContain(`${join(desk.home, 'milton.config.ts')} is taken before`);
  });
});

test('without a terminal it asks nothing, and says what to do', async () => {
  const { code, stderr } = await desk.run(['init']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--yes')]);
});
