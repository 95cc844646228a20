import { chmodSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { approve, deny } from '../../src/cli/approve/approve.ts';
import type { Terminal } from '../../src/cli/command-line/terminal.ts';
import { keys } from '../../src/cli/keys/keys.ts';
import { send } from '../../src/cli/send/send.ts';
import { openStore } from '../../src/pipeline/store/sqlite.ts';
import { isGenuine, readSignature, sign } from '../../src/plugins/authorise/signature.ts';
import { FakeNtfy } from '../support/fake-ntfy.ts';
import { Desk } from './desk.ts';

let desk: Desk;
let file: string;
beforeEach(() => {
  desk = new Desk();
  file = join(desk.home, '.config/milton/secrets.json');
  vi.stubEnv('HOME', desk.home);
  vi.spyOn(process, 'cwd').mockReturnValue(desk.home);
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    desk[Symbol.dispose]();
  });
});

/** Runs a command in this process; what it said, with its exit code or error first. */
async function run(command: typeof keys, words: string[], flags: Record<string, boolean> = {}) {
  const out: string[] = [];
  const talk: string[] = [];
  const terminal: Terminal = {
    verbose: false,
    print: (line) => void out.push(line),
    printJson: (value) => void out.push(JSON.stringify(value)),
    talk: (line) => void talk.push(line),
    style: (_, text) => text,
  };
  const ended = await command({ flags, words, terminal }).catch((error: Error & { code: string; hint: string }) => {
    talk.push(error.message, error.hint);
    return error.code;
  });
  return { ended, out: out.join('\n'), talk: talk.join('\n') };
}

const stored = () =>
  JSON.parse(readFileSync(file, 'utf8')) as { signing: { secret: string }[]; replies: string[]; totp?: string };
const secrets = () => stored().signing.map(({ secret }) => secret);

test('keys new makes a key that only its owner can read, once, and shows nothing of it', async () => {
  const made = await run(keys, ['new']);
  expect([made.ended, made.out]).toEqual([0, '']);
  expect(made.talk).toContain('milton keys qr');
  expect(made.talk).not.toContain(secrets()[0]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await run(keys, ['new'])).toMatchObject({
    ended: 'USAGE',
    talk: expect.stringContaining('milton keys rotate'),
  });
});

test('keys rotate puts a new one in front; the one before the last is gone', async () => {
  expect(await run(keys, ['rotate'])).toMatchObject({
    ended: 'USAGE',
    talk: expect.stringContaining('milton keys new'),
  });
  await run(keys, ['new']);
  const [first] = secrets();
  await run(keys, ['rotate']);
  const [second, old] = secrets();
  expect(old).toBe(first);
  await run(keys, ['rotate']);
  expect(secrets()).toEqual([expect.stringMatching(/^[\w-]{43}$/), second]);
  // What proves buttons changes with them: whoever has the file of the first has nothing left.
  expect(stored().replies).toHaveLength(2);
});

test('keys show tells keys apart without telling them, and --secret prints the newest', async () => {
  expect((await run(keys, ['show'])).ended).toBe('USAGE');
  await run(keys, ['new']);
  await run(keys, ['rotate']);
  const { out } = await run(keys, []);
  expect(out.split('\n')).toEqual([
    expect.stringMatching(/^[0-9a-f]{8} {2}.* {2}signs and verifies$/),
    expect.stringMatching(/until the next rotation$/),
  ]);
  for (const secret of secrets()) expect(out).not.toContain(secret);
  expect((await run(keys, ['show'], { secret: true })).out).toBe(secrets()[0]);
});

test('keys qr shows where to subscribe, where to send, and the key, as codes and never as text', async () => {
  desk.write('milton.config.ts', readFileSync('milton.config.ts', 'utf8'));
  desk.write('.env', 'TARGET_REPO=app\nNTFY_BASE_URL=https://ntfy.example.com\nASK_TOPIC=asks\nANSWER_TOPIC=answers\n');
  await run(keys, ['new']);
  const { ended, out } = await run(keys, ['qr']);
  expect(ended).toBe(0);
  expect(out).toContain('https://ntfy.example.com/answers');
  expect(out).toContain('send to the server https://ntfy.example.com\nand there to this topic (asks)');
  const { renderUnicodeCompact } = await import('uqr');
  for (const text of ['https://ntfy.example.com/answers', 'asks', secrets()[0]!])
    expect(out).toContain(renderUnicodeCompact(text, { border: 2, ecc: 'M' }));
  expect(out).not.toContain(secrets()[0]);
});

test('keys totp makes a secret once, unless another one is asked for', async () => {
  expect((await run(keys, ['totp'])).out).toContain('▀');
  const { totp } = stored();
  expect(totp).toMatch(/^[A-Z2-7]{32}$/);
  await run(keys, ['totp']);
  expect(stored().totp).toBe(totp);
  await run(keys, ['totp'], { new: true });
  expect(stored().totp).not.toBe(totp);
});

test('an unknown action, and keys that others can read, end with what to do', async () => {
  expect(await run(keys, ['rottate'])).toMatchObject({ ended: 'USAGE', talk: expect.stringContaining('new, rotate,') });
  await run(keys, ['new']);
  chmodSync(file, 0o644);
  expect(await run(keys, ['show'])).toMatchObject({
    ended: 'KEYS_UNSAFE',
    talk: expect.stringMatching(/other users can read.*chmod 600/s),
  });
});

async function withServer() {
  const server = await FakeNtfy.start();
  onTestFinished(() => server.close());
  desk.write('milton.config.ts', readFileSync('milton.config.ts', 'utf8'));
  desk.write('.env', `TARGET_REPO=app\nNTFY_BASE_URL=${server.url}\nASK_TOPIC=asks\nANSWER_TOPIC=answers\n`);
  mkdirSync(join(desk.home, '.local/state/milton'), { recursive: true, mode: 0o700 });
  return server;
}

test('send signs with the newest key', async () => {
  const server = await withServer();
  await run(keys, ['new']);
  await run(keys, ['rotate']);
  expect(await run(send, ['CODE: one'])).toMatchObject({ ended: 0 });
  const signed = readSignature(server.requests.find(({ path }) => path === '/asks')!.body)!;
  expect([signed.text, isGenuine(signed, [secrets()[0]!])]).toEqual(['CODE: one', true]);
});

test('keys test says what is wrong with what comes, until something is right', async () => {
  const server = await withServer();
  await run(keys, ['new']);
  const waiting = run(keys, ['test']);
  await vi.waitUntil(() => server.streams > 0, { timeout: 30_000 });
  server.publish('asks', 'test');
  server.publish('asks', sign('test', `${secrets()[0]} `));
  server.publish('asks', sign('test', secrets()[0]!));
  const { ended, out } = await waiting;
  expect(ended).toBe(0);
  expect(out.match(/^[✓✗]/gm)).toEqual(['✗', '✗', '✓']);
  expect(out).toMatch(/bears no signature.*has a space behind it.*The signature matches/s);
});

test('approve and deny answer what a request asks, and tell the phone', async () => {
  await withServer();
  const store = openStore(join(desk.home, '.local/state/milton/milton.db'), { mode: 'observe' });
  onTestFinished(() => store.close());
  const question = {
    title: 'Run it?',
    choices: ['Approve', 'Deny'],
    timeout: 60_000,
    onTimeout: 'Deny',
    where: 'machine',
  } as const;
  for (const id of ['req_aaaaaa', 'req_bbbbbb']) {
    const message = { id: `m:${id}`, transport: 'ntfy', text: 'CODE: x', at: new Date().toISOString() };
    const hold = { id, lane: 'app', slots: {}, key: 'pair', question };
    await store.accept({ run: id, message, seen: [message.id], hold, effects: [], notices: [] });
  }
  const asked = async (id: string) => (await store.held()).find((one) => one.id === id)!.questions[0]!.answer;
  expect(await run(approve, ['last'])).toMatchObject({
    ended: 'SEVERAL',
    talk: expect.stringMatching(/2 requests ask something:\nreq_aaaaaa CODE: x\nreq_bbbbbb CODE: x/),
  });
  expect(await run(approve, ['aaaaaa'])).toMatchObject({
    ended: 0,
    talk: expect.stringContaining('Approve: req_aaaaaa'),
  });
  expect(await asked('req_aaaaaa')).toEqual({ choice: 'Approve', by: 'person' });
  expect(await run(deny, ['last'])).toMatchObject({ ended: 0 });
  expect(await asked('req_bbbbbb')).toEqual({ choice: 'Deny', by: 'person' });
  const told = (await store.unsent('ntfy', 9)).map(({ notice }) => notice.title);
  expect(told).toContain('[req_aaaaaa] Approve: answered on the machine');
  expect(await run(approve, ['aaaaaa'])).toMatchObject({ ended: 'NOTHING_ASKED' });
  expect(await run(approve, ['../../etc'])).toMatchObject({ ended: 'RUN_UNKNOWN' });
});
