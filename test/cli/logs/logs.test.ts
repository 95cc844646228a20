import { appendFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreDesk } from '../store-desk.ts';

let desk: StoreDesk;
beforeEach(() => {
  desk = new StoreDesk();
});
afterEach(() => desk[Symbol.asyncDispose]());

const line = (level: string, message: string, more = {}) => ({
  time: '2026-11-27T09:00:00.000Z',
  level,
  message,
  ...more,
});

test('logs shows the end of the log for people and for machines, from a level on', async () => {
  desk.log(
    '2026-11-27',
    line('info', 'one'),
    line('warn', 'two\x1b[2J', { run: 'req_aaaaaa' }),
    line('error', 'three', { v: 7 }),
  );
  appendFileSync(desk.state('logs/2026-11-27.log'), '{"torn\n');
  const { code, stdout, stderr } = await desk.run(['logs', '--level', 'warn'], { env: { TZ: 'UTC' } });
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toBe('2026-11-27\n09:00:00 warn  two run=req_aaaaaa\n09:00:00 error three v=7\n{"torn\n');
  const json = (await desk.run(['logs', '-n', '3', '--json'])).stdout
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each));
  expect(json).toEqual([
    { v: 1, ...line('warn', 'two\x1b[2J', { run: 'req_aaaaaa' }) },
    { ...line('error', 'three'), v: 1 },
    { v: 1, message: '{"torn' },
  ]);
  expect(await desk.run(['logs', '--level', 'loud'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Levels: error, warn'),
  });
});

test('logs -f goes on until it is stopped', async () => {
  const { child, ended, said } = desk.start(['logs', '-f'], { env: { TZ: 'UTC' } });
  await said(/Milton is not running/);
  desk.log('2026-11-27', line('info', 'begun'));
  await new Promise<void>((resolve) => child.stdout!.on('data', (text) => String(text).includes('begun') && resolve()));
  child.kill('SIGINT');
  expect(await ended).toMatchObject({ code: 'SIGINT', stdout: '2026-11-27\n09:00:00 info  begun\n' });
});
