import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { EXIT_CODES } from '../../src/cli/command-line/exit-codes.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { Desk } from './desk.ts';

const desk = new Desk();
afterAll(() => desk[Symbol.dispose]());

test('--version prints the version and nothing else', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await desk.run(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

test('--version loads no library', async () => {
  const list = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { console.error(url); return next(url, context); } });`;
  const { stderr } = await desk.run(['--version'], {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(list)}` },
  });
  const loaded = stderr
    .trim()
    .split('\n')
    .filter((url) => !url.startsWith('node:'));
  expect(loaded.every((url) => url.includes('/dist/'))).toBe(true);
  expect(loaded.length).toBeLessThan(4);
});

test('--help names every command and exit code, on standard output; so does no command at all', async () => {
  const { code, stdout, stderr } = await desk.run(['--help']);
  expect([code, stderr]).toEqual([0, '']);
  for (const name of Object.keys(COMMANDS)) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
  for (const [exit, meaning] of Object.entries(EXIT_CODES))
    expect(stdout).toMatch(new RegExp(`^  ${exit} +${meaning.replace(/[()]/g, '\\$&')}$`, 'm'));
  expect(await desk.run([])).toEqual({ code, stdout, stderr });
});

test.each(Object.keys(COMMANDS))('help of %s shows its use and examples', async (name) => {
  const { code, stdout, stderr } = await desk.run([name, '--help']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`Usage:\n  milton ${name}`);
  expect(stdout).toContain('Examples:\n  milton ');
  for (const option of Object.keys(COMMANDS[name]!.options)) expect(stdout).toContain(`--${option}`);
});

describe('wrong use ends with 2 and says what was probably meant', () => {
  test.each<[string[], string]>([
    [['stat'], 'milton: There is no command "stat".\nDid you mean "milton status"?\n'],
    [['stats'], 'milton: There is no command "stats".\nDid you mean "milton status"?\n'],
    [['xyzzy'], 'milton: There is no command "xyzzy".\nRun: milton --help\n'],
    [['constructor'], 'milton: There is no command "constructor".\nRun: milton --help\n'],
    [['--verison'], 'milton: Milton has no option --verison.\nRun: milton --help\n'],
    [['help', 'nothing'], 'milton: There is no command "nothing".\nRun: milton --help\n'],
    [
      ['start', '--dryrun'],
      'milton: "milton start" has no option --dryrun.\nDid you mean --dry-run? Run: milton start --help\n',
    ],
    [['start', 'now'], 'milton: "milton start" takes no arguments.\nRun: milton start --help\n'],
    [['start', '--config'], /argument missing/.source],
    [['send', 'CODE:', 'unquoted'], 'milton: "milton send" takes 1 argument.\nPut the request in quotation marks.\n'],
    [['send', ' '], 'milton: There is no request.\nWrite: milton send "CODE: add a login page"\n'],
    [
      ['runs', 'shwo'],
      'milton: There is no "milton runs shwo".\nSay list, show ID, logs ID, diff ID, retry ID, cancel ID or prune.\n',
    ],
    [['runs', 'show'], 'milton: Which run?\nWrite: milton runs show last\n'],
    [['runs', 'list', 'x'], 'milton: "milton runs list" takes no argument.\n'],
    [['runs', '--state', 'odd'], 'milton: There is no state "odd".\nStates: held, queued,'],
    [['runs', '--limit', '0'], 'milton: --limit needs a whole number from 1 to 1,000,000.\n'],
    [['runs', 'list', '--limit', '1e21'], 'milton: --limit needs a whole number from 1 to 1,000,000.\n'],
    [['logs', '--lines', '1e21'], 'milton: --lines needs a whole number from 1 to 1,000,000.\n'],
    [['cost', '--days', '4000'], 'milton: --days needs a whole number from 1 to 3,660.\n'],
    [['runs', 'prune', '--older-than', 'ever'], 'milton: "ever" is no age.\nWrite it like 90d, 12h or 2w.\n'],
  ])('milton %j', async (args, expected) => {
    const { code, stdout, stderr } = await desk.run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(expected);
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});

test('a Node that is too old is told in one sentence', async () => {
  const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })`;
  const { code, stdout, stderr } = await desk.run(['start'], {
    env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(old)}` },
  });
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^Milton needs Node\.js 24 or newer, and this is 20\.19\.0: install it .*\n$/);
});

test('no colours unless they are wanted', async () => {
  expect((await desk.run(['status'])).stdout).not.toContain('\x1b');
  expect((await desk.run(['status'], { env: { FORCE_COLOR: '1' } })).stdout).toContain('\x1b');
  expect((await desk.run(['status', '--no-color'], { env: { TERM: 'xterm-256color' } })).stdout).not.toContain('\x1b');
});

test('a reader that has seen enough is no failure', async () => {
  const { child, ended } = desk.start(['--help']);
  child.stdout?.destroy();
  expect((await ended).code).toBe(0);
});
