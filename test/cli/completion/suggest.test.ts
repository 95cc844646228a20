import { afterEach, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands.ts';
import { suggest } from '../../../src/cli/completion/suggest.ts';

const words = async (...line: string[]) => (await suggest(line)).map(({ word }) => word);

describe('what the last word may become', () => {
  test('a command, by its beginning', async () => {
    expect(await words('')).toEqual([...Object.keys(COMMANDS), 'help']);
    expect(await suggest(['ru'])).toEqual([{ word: 'runs', about: COMMANDS.runs!.summary }]);
    expect(await words('help', 'ru')).toEqual(['runs']);
    expect(await words('nothing')).toEqual([]);
    expect(await words('constructor', '')).toEqual([]);
  });

  test.each<[string[], string[]]>([
    [['runs', 's'], ['show']],
    [
      ['runs', '--json', ''],
      ['list', 'show', 'logs', 'diff', 'retry', 'cancel', 'prune'],
    ],
    [
      ['runs', '--state', 'done', 'l'],
      ['list', 'logs'],
    ],
    [['keys', 'q'], ['qr']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['send', ''], []],
    [['status', ''], []],
    [['runs', 'list', ''], []],
  ])('a word of a command: %j', async (line, expected) => {
    expect(await words(...line)).toEqual(expected);
  });

  test.each<[string[], string[]]>([
    [['-'], ['--version', '--config', '--verbose', '--no-color', '--help']],
    [
      ['runs', '--st'],
      ['--state', '--stat'],
    ],
    [['demo', '--a'], ['--agent']],
  ])('an option: %j', async (line, expected) => {
    expect(await words(...line)).toEqual(expected);
  });

  test.each<[string[], string[]]>([
    [['runs', '--state', 'fa'], ['failed']],
    [['runs', '--state=fa'], ['--state=failed']],
    [['runs', '--state', '=', 'fa'], ['failed']],
    [
      ['runs', '--state', '='],
      ['held', 'queued', 'active', 'done', 'failed', 'cancelled', 'expired', 'interrupted'],
    ],
    [
      ['logs', '--level', ''],
      ['error', 'warn', 'info', 'debug'],
    ],
    [['logs', '-n', ''], []],
    [['--config', 'mil'], [':files']],
    [['--config=mil'], [':files']],
    [['--config', 'x.ts', 'ru'], ['runs']],
    [
      ['runs', '--odd=', ''],
      ['list', 'show', 'logs', 'diff', 'retry', 'cancel', 'prune'],
    ],
  ])('the value of an option: %j', async (line, expected) => {
    expect(await words(...line)).toEqual(expected);
  });
});

describe('an id', () => {
  const before = process.env.HOME;
  afterEach(() => {
    process.env.HOME = before;
  });

  test('is "last" at least, whatever is wrong with the configuration', async () => {
    process.env.HOME = '/nowhere';
    expect(await words('runs', '--config', '/nowhere/milton.config.ts', 'show', '')).toEqual(['last']);
  });
});
