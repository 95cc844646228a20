import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogger, type LoggerOptions } from '../../../src/pipeline/services/logger.ts';
import { createRedactor } from '../../../src/pipeline/services/redact.ts';

let folder: string;
let seen: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-log-'));
  seen = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const SECRET = 'hunter2-hunter2';
const NOON = new Date(2026, 10, 23, 12, 0, 5).valueOf();
const open = (options: Partial<LoggerOptions> = {}) =>
  createLogger({
    level: 'info',
    redact: createRedactor([SECRET]),
    folder,
    watch: (line) => seen.push(line),
    readable: false,
    now: () => NOON,
    ...options,
  });
const files = () => readdirSync(folder).sort();
const kept = (name = '2026-11-23.log') => readFileSync(join(folder, name), 'utf8');
const parsed = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('a line is the same JSON for whoever watches and in the file of the day, mode 0600', async () => {
  const log = await open();
  log.info('ready', { run: 'req_k4m2xa', ms: 12 });
  const line = { run: 'req_k4m2xa', ms: 12, time: new Date(NOON).toISOString(), level: 'info', message: 'ready' };
  expect(parsed(kept())).toEqual([line]);
  expect(parsed(seen.join(''))).toEqual([line]);
  expect(statSync(join(folder, '2026-11-23.log')).mode & 0o777).toBe(0o600);
  await log.close();
});

test('the level decides, and a child carries its fields', async () => {
  await using log = await open({ level: 'warn' });
  const child = log.child({ run: 'r1' }).child({ step: 'execute' });
  child.debug('a');
  child.info('b');
  child.warn('c', { step: 'other' });
  child.error('d');
  expect(parsed(kept())).toMatchObject([
    { level: 'warn', message: 'c', run: 'r1', step: 'other' },
    { level: 'error', message: 'd', run: 'r1', step: 'execute' },
  ]);
});

test('fields cannot pass for what the line itself says', async () => {
  await using log = await open();
  log.info('true', { message: 'forged', level: 'error', time: 'never', __proto__: { polluted: 1 } });
  expect(parsed(kept())).toEqual([{ message: 'true', level: 'info', time: new Date(NOON).toISOString() }]);
});

test('every text is redacted and made harmless: message, fields, keys, errors and their causes', async () => {
  await using log = await open();
  const error = Object.assign(new Error(`no ${SECRET}`, { cause: new Error(`deep ${SECRET}`) }), {
    url: `https://x/${SECRET}`,
  });
  log.error(`failed\x1b[2J with ${SECRET}\nforged line`, {
    error,
    [`key ${SECRET}`]: [new Map([['a', SECRET]]), new Set([SECRET])],
    headers: { Authorization: 'whatever', cookie: 'a=b', apiKey: 12, key: 'told' },
    split: `hunter2\u200b-hunter2`,
  });
  const everything = kept() + seen.join('');
  expect(everything).not.toContain('hunter2');
  expect(everything).not.toMatch(/[\x00-\x09\x0b-\x1f]|whatever|a=b/);
  expect(kept().split('\n')).toHaveLength(2);
  expect(parsed(kept())[0]).toMatchObject({
    message: 'failed with [redacted]\nforged line',
    error: { name: 'Error', message: 'no [redacted]', cause: { message: 'deep [redacted]' } },
    headers: { Authorization: '[redacted]', cookie: '[redacted]', apiKey: '[redacted]', key: 'told' },
  });
});

test('no value breaks a line', async () => {
  await using log = await open();
  const loop: Record<string, unknown> = {
    big: 10n ** 20n,
    nan: Number.NaN,
    when: new Date(Number.NaN),
    bytes: Buffer.alloc(9),
  };
  loop.self = loop;
  loop.deep = { a: { b: { c: { d: { e: { f: { g: 1 } } } } } } };
  Object.defineProperty(loop, 'bad', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  log.info('odd', {
    ...{ symbol: Symbol('s'), fn: () => 1, none: undefined, long: 'x'.repeat(100_000) },
    loop: { inner: { loop } },
  });
  log.info('plain', {
    self: { a: { big: 1n, when: new Date(0), url: new URL('http://x/'), nan: Number.NaN, bytes: Buffer.alloc(9) } },
  });
  log.info('an error instead of fields', new Error('direct'));
  log.info(undefined as unknown as string);
  const lines = parsed(kept());
  expect(lines).toHaveLength(4);
  expect(lines[1].self.a).toEqual({
    big: '1',
    when: '1970-01-01T00:00:00.000Z',
    url: 'http://x/',
    nan: 'NaN',
    bytes: '[9 bytes]',
  });
  expect(lines[2].error.message).toBe('direct');
  expect(kept().length).toBeLessThan(40_000);
});

test('people get a readable line, with the stack of an error under it', async () => {
  await using log = await open({ readable: true, colour: true });
  log.warn('slow', { run: 'r1', list: [1] });
  log.error('failed', { error: new TypeError('why') });
  const [slow, failed] = seen.map(stripVTControlCharacters);
  expect(slow).toBe('12:00:05 warn  slow run=r1 list=[1]\n');
  expect(failed).toMatch(/^12:00:05 error failed\n {2}TypeError: why\n {6}at /);
  expect(seen[0]).not.toBe(slow);
  expect(parsed(kept())).toHaveLength(2);
});

test('a new day has its own file', async () => {
  let now = new Date(2026, 11, 31, 23, 59, 59, 999).valueOf();
  await using log = await open({ now: () => now });
  log.info('old');
  now += 1;
  log.info('new');
  expect(files()).toEqual(['2026-12-31.log', '2027-01-01.log']);
  expect(parsed(kept('2027-01-01.log'))).toMatchObject([{ message: 'new' }]);
});

test('an existing file is continued, whoever else writes to it', async () => {
  await using first = await open();
  await using second = await open();
  for (let i = 0; i < 50; i++) (i % 2 ? first : second).info(`line ${i}`);
  expect(parsed(kept()).map(({ message }) => message)).toEqual(Array.from({ length: 50 }, (_, i) => `line ${i}`));
});

test('a file that cannot be written is told once, and what is said still arrives', async () => {
  writeFileSync(join(folder, 'elsewhere'), 'untouched');
  symlinkSync(join(folder, 'elsewhere'), join(folder, '2026-11-23.log'));
  await using log = await open();
  log.info('one');
  log.info('two');
  expect(parsed(seen.join('')).map(({ message }) => message)).toEqual([
    'one',
    expect.stringMatching(/^The log file cannot be written: .*ELOOP/),
    'two',
  ]);
  expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('untouched');
});

test('without a folder nothing is kept', async () => {
  const log = await createLogger({
    level: 'info',
    redact: (text) => text,
    watch: (line) => seen.push(line),
    readable: false,
  });
  log.info('shown');
  await log.close();
  expect([files(), seen.length]).toEqual([[], 1]);
});

test('after close everything is written, and what comes later is dropped; closing twice is no harm', async () => {
  const log = await open();
  for (let i = 0; i < 1000; i++) log.info(`line ${i}`);
  await Promise.all([log.close(), log.close()]);
  log.info('late');
  expect(parsed(kept())).toHaveLength(1000);
});

const WRITER = (stem: string) => `
  import { createLogger } from ${JSON.stringify(new URL('../../../src/pipeline/services/logger.ts', import.meta.url).href)};
  const log = await createLogger({ level: 'info', redact: (text) => text, folder: ${JSON.stringify(stem)} });
  for (let i = 0; i < 5000; i++) log.info('line ' + i, { padding: 'x'.repeat(100) });
  process.exit(7);
`;

test('nothing is lost when the process exits right after the last line, on a pipe that is read slowly', async () => {
  mkdirSync(join(folder, 'logs'));
  const args = ['--input-type=module', '-e', WRITER(join(folder, 'logs'))];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
    child.stderr.pause();
    setImmediate(() => child.stderr.resume());
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(7);
  expect(parsed(text)).toHaveLength(5000);
  const [name] = readdirSync(join(folder, 'logs'));
  expect(parsed(readFileSync(join(folder, 'logs', name!), 'utf8'))).toHaveLength(5000);
});

test('goes on when nobody reads standard error any more', async () => {
  mkdirSync(join(folder, 'logs'));
  const args = ['--input-type=module', '-e', WRITER(join(folder, 'logs'))];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], env: {} });
  child.stderr.destroy();
  const [code] = await once(child, 'exit');
  expect(code).toBe(7);
  const [name] = readdirSync(join(folder, 'logs'));
  expect(parsed(readFileSync(join(folder, 'logs', name!), 'utf8'))).toHaveLength(5000);
});
