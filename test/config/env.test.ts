import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { env, useEnvironment } from '../../config/current-env.ts';
import { about, type VariableName, variables } from '../../config/env.ts';
import { type EnvironmentSources, loadEnvironment } from '../../config/load-environment.ts';
import fc from '../support/property.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-env-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const load = (processEnv: Record<string, string> = {}, more: Partial<EnvironmentSources> = {}) =>
  loadEnvironment({ processEnv, folder, ...more });
const write = (text: string, mode = 0o600) => writeFileSync(join(folder, '.env'), text, { mode });
const names = Object.keys(variables.shape) as VariableName[];
const defaults = loadEnvironment({ processEnv: {}, folder: '/nonexistent' }).values;

describe('defaults', () => {
  test('are the documented ones', () => {
    const state = join(homedir(), '.local/state/milton');
    expect(load()).toMatchObject({ problems: [], warnings: [], secrets: [] });
    expect(load().values).toEqual({
      TARGET_REPO: '',
      NTFY_BASE_URL: 'https://ntfy.sh',
      ASK_TOPIC: 'milton-briefing-code-ask',
      ANSWER_TOPIC: 'milton-briefing-code',
      CLAUDE_TOPIC: '',
      CODEX_TOPIC: '',
      NTFY_TOKEN: undefined,
      NTFY_USER: undefined,
      NTFY_PASSWORD: undefined,
      NTFY_RECONNECT_BACKOFF_MAX: 300,
      NTFY_ALLOW_HTTP: false,
      MILTON_ALLOW_UNSIGNED: false,
      PERPLEXITY_API_KEY: undefined,
      PERPLEXITY_BASE_URL: 'https://api.perplexity.ai',
      PERPLEXITY_MODEL: undefined,
      PERPLEXITY_TIMEOUT: 60,
      PERPLEXITY_MAX_RETRIES: 3,
      CLAUDE_BIN: 'claude',
      CLAUDE_TIMEOUT: 0,
      CODEX_BIN: 'codex',
      CODEX_MODEL: undefined,
      CODEX_EXTRA_ARGS: [],
      CODEX_TIMEOUT: 0,
      REQUEST_TIMEOUT: undefined,
      ENABLE_CODEX_FALLBACK: true,
      CLAUDE_FALLBACK_ON_LIMIT: true,
      MAX_OUTPUT_SIZE: 12_000,
      STATE_DIR: state,
      OUTPUT_DIR: join(state, 'output'),
      LOG_DIR: join(state, 'logs'),
      LOG_LEVEL: 'info',
      DRY_RUN: false,
    });
    expect(names.every((name) => load().environment.get(name)?.origin === 'default')).toBe(true);
  });

  test('the folders for outputs and logs follow STATE_DIR', () => {
    expect(load({ STATE_DIR: '/srv/milton' }).values).toMatchObject({
      STATE_DIR: '/srv/milton',
      OUTPUT_DIR: '/srv/milton/output',
      LOG_DIR: '/srv/milton/logs',
    });
  });

  test('every variable is described', () => {
    for (const name of names) expect(variables.shape[name].description, name).toMatch(/^[A-Z].{10,}[^.]$/);
  });
});

describe('values', () => {
  test.each([
    ['CLAUDE_TIMEOUT', ' 90 ', 90],
    ['CLAUDE_TIMEOUT', '0.5', 0.5],
    ['MAX_OUTPUT_SIZE', '5000', 5000],
    ['DRY_RUN', 'Yes', true],
    ['DRY_RUN', '1', true],
    ['ENABLE_CODEX_FALLBACK', 'off', false],
    ['ENABLE_CODEX_FALLBACK', 'FALSE', false],
    ['LOG_LEVEL', 'WARNING', 'warn'],
    ['LOG_LEVEL', 'Debug', 'debug'],
    ['NTFY_BASE_URL', 'http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
    ['NTFY_BASE_URL', 'https://example.org/ntfy/', 'https://example.org/ntfy'],
    ['CLAUDE_BIN', '~/bin/claude', join(homedir(), 'bin/claude')],
    ['CLAUDE_BIN', 'claude-next', 'claude-next'],
    ['TARGET_REPO', '~', homedir()],
    ['TARGET_REPO', '/a/../b', '/b'],
    [
      'CODEX_EXTRA_ARGS',
      `--flag "two words" 'it''s' a\\ b --x="1 2"`,
      ['--flag', 'two words', 'its', 'a b', '--x=1 2'],
    ],
    ['PERPLEXITY_MODEL', 'sonar-pro', 'sonar-pro'],
  ])('%s=%s', (name, text, value) => {
    const { environment, problems } = load({ [name]: text });
    expect(problems).toEqual([]);
    expect(environment.get(name)).toMatchObject({ value, origin: 'environment' });
  });

  test.each([
    ['CLAUDE_TIMEOUT', '-1'],
    ['CLAUDE_TIMEOUT', '1e3'],
    ['CLAUDE_TIMEOUT', '60s'],
    ['CLAUDE_TIMEOUT', '99999999'],
    ['PERPLEXITY_MAX_RETRIES', '2.5'],
    ['MAX_OUTPUT_SIZE', 'lots'],
    ['MAX_OUTPUT_SIZE', 'NaN'],
    ['DRY_RUN', 'maybe'],
    ['DRY_RUN', 'constructor'],
    ['LOG_LEVEL', '__proto__'],
    ['NTFY_BASE_URL', 'ntfy.sh'],
    ['NTFY_BASE_URL', 'ftp://ntfy.sh'],
    ['NTFY_BASE_URL', 'https://ntfy.sh/?a=1'],
    ['ASK_TOPIC', 'a/b'],
    ['CLAUDE_TOPIC', 'a b'],
    ['CODEX_EXTRA_ARGS', '--x "open'],
    ['STATE_DIR', '/a\nb'],
  ])('%s=%j is refused and reads as its default', (name, text) => {
    const { values, problems, environment } = load({ [name]: text });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatchObject({ where: name, repair: expect.stringMatching(/\w/) });
    expect(problems[0]?.what).toContain(' is not ');
    expect(environment.get(name)).toEqual({ value: defaults[name], origin: 'default', secret: false });
    expect(values[name]).toEqual(defaults[name]);
  });

  test('every bad variable is told at once, and no secret is quoted', () => {
    const { problems } = load({
      NTFY_TOKEN: 'tk_secret\nvalue',
      NTFY_BASE_URL: 'https://me:hunter2@ntfy.example',
      DRY_RUN: 'perhaps',
    });
    expect(problems.map(({ where }) => where).sort()).toEqual(['DRY_RUN', 'NTFY_BASE_URL', 'NTFY_TOKEN']);
    expect(JSON.stringify(problems)).not.toMatch(/tk_secret|hunter2/);
  });

  test('no text whatever breaks the reading', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string({ unit: 'binary' }), (name, text) => {
        const { values, problems } = load({ [name]: text });
        expect(problems.length).toBeLessThanOrEqual(1);
        if (problems.length > 0) expect(values[name]).toEqual(defaults[name]);
      }),
    );
  });

  test('REQUEST_TIMEOUT is the limit of the agents without their own', () => {
    const { values } = load({ REQUEST_TIMEOUT: '600', CODEX_TIMEOUT: '0' });
    expect(values).toMatchObject({ CLAUDE_TIMEOUT: 600, CODEX_TIMEOUT: 0 });
  });
});

describe('sources', () => {
  test('command line, then environment, then .env, then default', () => {
    write('LOG_LEVEL=debug\nASK_TOPIC=file\nANSWER_TOPIC=file\n');
    const { environment } = load({ LOG_LEVEL: 'warn', ASK_TOPIC: 'process' }, { overrides: { LOG_LEVEL: 'error' } });
    expect(environment.get('LOG_LEVEL')).toMatchObject({ value: 'error', origin: 'command line' });
    expect(environment.get('ASK_TOPIC')).toMatchObject({ value: 'process', origin: 'environment' });
    expect(environment.get('ANSWER_TOPIC')).toMatchObject({ value: 'file', origin: '.env' });
    expect(environment.get('DRY_RUN')).toMatchObject({ value: false, origin: 'default' });
  });

  test('an empty value is not set, and hides the one in .env', () => {
    write('NTFY_TOKEN=tk_abc\nTARGET_REPO=\nCLAUDE_TIMEOUT= \n');
    const { environment, problems } = load({ NTFY_TOKEN: '' });
    expect(problems).toEqual([]);
    expect(environment.get('NTFY_TOKEN')).toEqual({ value: undefined, origin: 'default', secret: true });
    expect(environment.get('CLAUDE_TIMEOUT')).toMatchObject({ value: 0, origin: 'default' });
  });

  test('quotes, comments, export and a byte order mark in .env are understood', () => {
    write('\uFEFFASK_TOPIC="one" # mine\n# ANSWER_TOPIC=no\nexport CODEX_TOPIC=two\n');
    expect(load().values).toMatchObject({ ASK_TOPIC: 'one', ANSWER_TOPIC: 'milton-briefing-code', CODEX_TOPIC: 'two' });
  });

  test('a relative path starts where it was written', () => {
    write('TARGET_REPO=app\n');
    expect(load().values.TARGET_REPO).toBe(join(folder, 'app'));
    expect(load({ TARGET_REPO: 'app' }).values.TARGET_REPO).toBe(join(process.cwd(), 'app'));
  });

  test('a variable nobody declared is its text, or nothing', () => {
    write('MY_PLUGIN_KEY=abcdefghijklmnop\n');
    expect(load().environment.get('MY_PLUGIN_KEY')).toEqual({
      value: 'abcdefghijklmnop',
      origin: '.env',
      secret: true,
    });
    expect(load().environment.get('NOBODY_KNOWS')).toBeUndefined();
    expect(load().environment.get('toString')).toBeUndefined();
  });

  test('secrets are gathered, also those of other programs', () => {
    write('NTFY_PASSWORD=pw-1\n');
    const { secrets } = load({
      GITHUB_TOKEN: 'a-long-enough-token',
      SSH_KEY: '/home/me/.ssh/id_ed25519',
      EDITOR: 'vi',
    });
    expect([...secrets].sort()).toEqual(['a-long-enough-token', 'pw-1']);
  });

  test('a probable typing mistake and a readable secret in .env are warned of', () => {
    write('NTFY_BASEURL=https://x.example\nNTFY_TOKEN=tk_x\nMY_OWN=1\n');
    chmodSync(join(folder, '.env'), 0o644);
    const { warnings, problems } = load();
    expect(problems).toEqual([]);
    expect(warnings.map(({ repair }) => repair)).toEqual([
      'Did you mean NTFY_BASE_URL?',
      `Run: chmod 600 ${join(folder, '.env')}`,
    ]);
  });

  test('a .env that is a folder is a problem', () => {
    mkdirSync(join(folder, '.env'));
    expect(load().problems).toEqual([{ where: join(folder, '.env'), what: 'is a folder', repair: 'Rename it' }]);
  });
});

describe('env', () => {
  test('reads what was loaded', () => {
    useEnvironment(load({ TARGET_REPO: '/srv/app', OWN: 'x' }));
    expect(env.TARGET_REPO).toBe('/srv/app');
    expect(env.PERPLEXITY_TIMEOUT).toBe(60);
    expect((env as Record<string, unknown>).OWN).toBe('x');
  });

  test('an unknown name says which one was meant', () => {
    useEnvironment(load());
    expect(() => (env as Record<string, unknown>).TARGET_REPOS).toThrow(
      expect.objectContaining({ code: 'ENV_UNKNOWN', hint: 'Did you mean env.TARGET_REPO?' }),
    );
  });
});

describe('.env.example', () => {
  const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
  const everything = parseEnv(text.replace(/^# (?=[A-Z_]+=)/gm, ''));

  test('names every variable once, and no other', () => {
    const named = [...text.matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual([...names].sort());
  });

  test('shows the defaults, and no secret', () => {
    for (const name of names) {
      const shown = everything[name];
      if (!shown) continue;
      expect(about.get(variables.shape[name])?.secret, name).toBeUndefined();
      expect(load({ [name]: shown }).values[name], name).toEqual(defaults[name]);
    }
  });

  test('can be used as it is', () => {
    write(text);
    expect(load()).toMatchObject({ problems: [], warnings: [] });
    write(
      Object.entries(everything)
        .map(([name, value]) => `${name}=${value}`)
        .join('\n'),
    );
    expect(load()).toMatchObject({ problems: [], warnings: [] });
  });
});
