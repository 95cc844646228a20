import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Desk } from '../desk.ts';

/** Nobody listens there, which a set-up must not depend on. */
const SERVER = ['--server', 'http://127.0.0.1:1'];

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk[Symbol.dispose]());

const own = (file: string) => join(desk.home, '.config/milton', file);
const env = () => parseEnv(readFileSync(own('.env'), 'utf8'));
const init = (...args: readonly string[]) =>
  desk.run(['init', '--yes', ...SERVER, ...args], { cwd: join(desk.home, 'app') });

describe('milton init --yes', () => {
  test('makes a set-up that nobody else can read, and that milton check finds in order', async () => {
    const { code, stderr } = await init();
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
    ['shortcut', 'authorise(),', []],
    ['codes', "authorise({ mode: 'totp' }),", []],
    ['acl', "authorise({ mode: 'acl' }),", ['--user', 'milton']],
  ])('--send %s: the configuration says so, and the keys are there', async (send, line, login) => {
    const { code } = await desk.run(['init', '--yes', ...SERVER, '--send', send, ...login, '--agent', 'rehearsal'], {
      cwd: join(desk.home, 'app'),
      env: login.length > 0 ? { NTFY_PASSWORD: "it's a `made-up` one" } : {},
    });
    expect(code).toBe(0);
    expect(readFileSync(own('milton.config.ts'), 'utf8')).toContain(`    ${line}\n`);
    const keys = JSON.parse(readFileSync(own('secrets.json'), 'utf8'));
    expect(keys.signing).toHaveLength(1);
    expect(typeof keys.totp).toBe(send === 'codes' ? 'string' : 'undefined');
    if (login.length > 0) expect(env()).toMatchObject({ NTFY_USER: 'milton', NTFY_PASSWORD: "it's a `made-up` one" });
    expect((await desk.run(['config', '--json'])).code).toBe(0);
  });

  test('chooses the topics at random, and takes those that are named', async () => {
    await init();
    const { ASK_TOPIC, ANSWER_TOPIC } = env();
    expect(ASK_TOPIC).toMatch(/^milton-ask-[a-z2-7]{26}$/);
    expect(ANSWER_TOPIC).toMatch(/^milton-answer-[a-z2-7]{26}$/);
    await init('--replace', '--ask-topic', 'mine');
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
    expect(await init()).toMatchObject({ code: 0, stderr: expect.stringContaining('stays as it is') });
    expect(files()).toEqual(before);
    const { stderr } = await init('--replace');
    const after = files();
    expect(after['secrets.json']).toBe(before['secrets.json']);
    const kept = Object.keys(after).filter((file) => file.endsWith('.bak'));
    expect(kept).toHaveLength(2);
    for (const file of kept) expect(stderr).toContain(file);
    expect(kept.map((file) => after[file]).sort()).toEqual([before['.env'], before['milton.config.ts']].sort());
  });

  test('takes the secrets of the environment along, since a service will not have it', async () => {
    await desk.run(['init', '--yes', ...SERVER], {
      cwd: join(desk.home, 'app'),
      env: { PERPLEXITY_API_KEY: 'pplx-made-up-key-1234', NTFY_TOKEN: 'tk_madeupmadeupmadeupmadeupmade' },
    });
    expect(env()).toMatchObject({
      PERPLEXITY_API_KEY: 'pplx-made-up-key-1234',
      NTFY_TOKEN: 'tk_madeupmadeupmadeupmadeupmade',
    });
  });

  test.each([
    ['a folder that is no checkout', ['--repository', '/nowhere'], /no checkout/],
    ['an agent that nobody knows', ['--agent', 'nobody'], /no agent "nobody"/],
    ['a topic that cannot be one', ['--ask-topic', 'a b'], /no topic/],
    ['a way to send that needs a login', ['--send', 'acl'], /needs a login/],
    ['another place', ['--config', 'here.ts'], /takes no --config/],
  ])('%s is refused, and nothing is written', async (_, args, why) => {
    const { code, stderr } = await init(...args);
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
    expect(existsSync(join(desk.home, '.config'))).toBe(false);
  });

  test('without any checkout it says which option is missing', async () => {
    const empty = join(desk.home, 'app/.git/objects');
    const { code, stderr } = await desk.run(['init', '--yes', ...SERVER], { cwd: '/', env: { HOME: empty } });
    expect([code, stderr]).toEqual([2, expect.stringContaining('milton init --help')]);
  });

  test('keys that others could have read are not used, and nothing is written', async () => {
    mkdirSync(own(''), { recursive: true, mode: 0o700 });
    writeFileSync(own('secrets.json'), '{}', { mode: 0o644 });
    const { code, stderr } = await init();
    expect([code, stderr]).toEqual([1, expect.stringContaining('chmod 600')]);
    expect(readdirSync(own(''))).toEqual(['secrets.json']);
  });

  test('says that a configuration in this folder comes first', async () => {
    writeFileSync(join(desk.home, 'milton.config.ts'), 'export default {};\n');
    const { stderr } = await desk.run(['init', '--yes', ...SERVER, '--repository', 'app']);
    expect(stderr).toContain(`${join(desk.home, 'milton.config.ts')} is taken before`);
  });
});

test('without a terminal it asks nothing, and says what to do', async () => {
  const { code, stderr } = await desk.run(['init']);
  expect([code, stderr]).toEqual([2, expect.stringContaining('--yes')]);
});
