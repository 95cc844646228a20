// The first time: from an empty home folder to an answered request, at a real terminal, through the real ntfy server.
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { renderUnicodeCompact } from 'uqr';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitRepo, gitRepo } from '../support/git-repo.ts';
import { NtfyServer } from '../support/ntfy-server.ts';
import { Phone } from '../support/phone.ts';
import { KEYS, PseudoTerminal } from '../support/pseudo-terminal.ts';
import { runShortcut } from '../support/shortcut.ts';

const main = resolve(import.meta.dirname, '../../dist/src/cli/main.js');

let server: NtfyServer;
beforeAll(async () => {
  server = await NtfyServer.start();
});
afterAll(() => server.stop());

/** `milton init` as somebody types it in their checkout, on a machine without any agent. */
function begin(repo: GitRepo, ...more: readonly string[]): PseudoTerminal {
  const env = { PATH: '/usr/bin:/bin', HOME: repo.home };
  return new PseudoTerminal([process.execPath, main, 'init', ...more], { cwd: repo.path, env });
}

const own = (repo: GitRepo, file: string) => join(repo.home, '.config/milton', file);

test('a few keys lead to a request that is answered on the phone, and all that was shown is true', async () => {
  using repo = gitRepo();
  const began = performance.now();
  await using terminal = begin(repo);
  await terminal.sees('Which repository');
  await terminal.sees(repo.path);
  terminal.type(KEYS.enter);
  await terminal.sees('Who shall do the work?');
  await terminal.sees('Rehearsal');
  terminal.type(KEYS.enter);
  await terminal.sees('Through which ntfy server?');
  terminal.type(KEYS.down, KEYS.enter);
  await terminal.sees('Its address');
  terminal.type(server.url, KEYS.enter);
  await terminal.sees('How does Milton log in there?');
  terminal.type(KEYS.enter);
  await terminal.sees(`${server.url} answers.`);
  await terminal.sees('How will you send requests?');
  terminal.type(KEYS.enter);
  await terminal.sees('A Perplexity API key');
  terminal.type(KEYS.enter);
  await terminal.sees('Write the configuration, its .env and the keys?');
  expect(existsSync(join(repo.home, '.config'))).toBe(false);
  terminal.type(KEYS.enter);

  await terminal.sees('Is the ntfy app subscribed to it?');
  const env = parseEnv(readFileSync(own(repo, '.env'), 'utf8')) as Record<'ASK_TOPIC' | 'ANSWER_TOPIC', string>;
  for (const topic of [env.ASK_TOPIC, env.ANSWER_TOPIC]) expect(topic).toMatch(/^milton-(ask|answer)-[a-z2-7]{26}$/);
  const code = (text: string) => renderUnicodeCompact(text, { border: 2, ecc: 'M' });
  expect(terminal.shown).toContain(code(`${server.url}/${env.ANSWER_TOPIC}`));
  terminal.type(KEYS.enter);
  await terminal.sees('Have you copied it?');
  expect(terminal.shown).toContain(code(env.ASK_TOPIC));
  terminal.type(KEYS.enter);
  await terminal.sees('Is the phone ready?');
  const { signing } = JSON.parse(readFileSync(own(repo, 'secrets.json'), 'utf8')) as { signing: { secret: string }[] };
  const key = signing[0]!.secret;
  expect(terminal.shown).toContain(code(key));
  expect(terminal.shown).not.toContain(key);
  terminal.type(KEYS.enter);
  await terminal.sees('Milton listens.');

  const phone = new Phone({ baseUrl: server.url, askTopic: env.ASK_TOPIC, answerTopic: env.ANSWER_TOPIC });
  try {
    await phone.send('CODE: break in');
    await terminal.sees('It bears no signature');
    const words = 'CODE: say hello to the world';
    const { body } = runShortcut({ key, words, time: new Date().toISOString(), number: '123456789' });
    await phone.send(body.message!);
    await terminal.sees('Milton heard you, and has answered.');
    const answer = await phone.notice(({ title }) => title.startsWith('✅'));
    expect(answer.body).toContain('say hello');
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `The first time: ${terminal.strokes} keys (${server.url.length} of them the address), ${seconds.toFixed(1)} s`,
    );
    expect(terminal.strokes - server.url.length).toBeLessThanOrEqual(14);
    expect(await terminal.ended()).toBe(0);
    expect(terminal.shown).toContain('milton service install');
    expect(repo.git('branch', '--list', 'milton/*')).toContain('say-hello');
    expect(phone.notices.filter(({ title }) => title.includes('break in'))).toEqual([]);
  } finally {
    await phone.stop();
  }
  for (const file of readdirSync(own(repo, ''))) {
    if (file.endsWith('.json') || file.startsWith('.env') || file.endsWith('.ts')) {
      expect([file, (statSync(own(repo, file)).mode & 0o777).toString(8)]).toEqual([file, '600']);
    }
  }
});

test.each([
  ['Which repository', []],
  ['Who shall do the work?', [KEYS.enter]],
  ['Through which ntfy server?', [KEYS.enter, KEYS.enter]],
])('who cancels at "%s" has nothing written', async (question, keys) => {
  using repo = gitRepo();
  await using terminal = begin(repo);
  const questions = ['Which repository', 'Who shall do the work?'];
  for (const [index, key] of keys.entries()) {
    await terminal.sees(questions[index]!);
    terminal.type(key);
  }
  await terminal.sees(question);
  terminal.type(KEYS.interrupt);
  expect(await terminal.ended()).toBe(130);
  expect(terminal.shown).toContain('nothing was written');
  expect(readdirSync(repo.home)).toEqual([]);
});

test('who cancels while a server is asked that never answers has nothing written', async () => {
  using repo = gitRepo();
  const mute = createServer(() => {}).listen(0, '127.0.0.1');
  await once(mute, 'listening');
  await using terminal = begin(repo, '--server', `http://127.0.0.1:${(mute.address() as AddressInfo).port}`);
  await terminal.sees('Which repository');
  terminal.type(KEYS.enter);
  await terminal.sees('Who shall do the work?');
  terminal.type(KEYS.enter);
  await terminal.sees('Asking http://127.0.0.1');
  terminal.type(KEYS.interrupt);
  expect(await terminal.ended()).toBe(130);
  expect(readdirSync(repo.home)).toEqual([]);
  mute.close();
});

test('who does not want to wait loses nothing, and a Milton that runs already is told to start again', async () => {
  using repo = gitRepo();
  await using first = begin(repo, '--yes', '--server', server.url);
  expect(await first.ended()).toBe(0);
  const goOn = async (terminal: PseudoTerminal) => {
    for (const question of ['There is a set-up', 'subscribed to it?', 'Have you copied it?', 'Is the phone ready?']) {
      await terminal.sees(question);
      terminal.type(KEYS.enter);
    }
  };
  await using second = begin(repo);
  await goOn(second);
  await second.sees('Milton listens.');
  await using third = begin(repo);
  await goOn(third);
  await third.sees('Start it again, so that it takes this set-up.');
  expect(await third.ended()).toBe(0);
  second.type(KEYS.interrupt);
  await second.sees('What next:');
  expect(await second.ended()).toBe(0);
});

test('a second time keeps what is there, and goes on with the phone', async () => {
  using repo = gitRepo();
  await using first = begin(repo, '--yes', '--server', server.url);
  expect(await first.ended()).toBe(0);
  const before = ['.env', 'milton.config.ts', 'secrets.json'].map((file) => readFileSync(own(repo, file), 'utf8'));
  await using second = begin(repo, '--no-wait');
  await second.sees('There is a set-up');
  second.type(KEYS.enter);
  for (const pause of ['Is the ntfy app subscribed', 'Have you copied it?', 'Is the phone ready?']) {
    await second.sees(pause);
    second.type(KEYS.enter);
  }
  expect(await second.ended()).toBe(0);
  expect(['.env', 'milton.config.ts', 'secrets.json'].map((file) => readFileSync(own(repo, file), 'utf8'))).toEqual(
    before,
  );
});
