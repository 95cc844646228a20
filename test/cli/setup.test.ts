import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configuration, Desk } from './desk.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
});
afterEach(() => desk[Symbol.dispose]());

describe('milton check', () => {
  test('says that all is well, what an agent lacks as a warning, and creates nothing', async () => {
    desk.write('milton.config.ts', configuration());
    desk.write('.env', 'TARGET_REPO=app\n');
    const { code, stdout, stderr } = await desk.run(['check']);
    expect(stderr).toBe('warning: Helper: it is not logged in. Run: helper login\n');
    expect(stdout).toBe(`Everything is in order: ${join(desk.home, 'milton.config.ts')}\n`);
    expect(code).toBe(0);
    expect(existsSync(join(desk.home, '.local'))).toBe(false);
  });

  test('without a configuration it shows how to create one', async () => {
    const { code, stdout, stderr } = await desk.run(['check']);
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toMatch(
      /^milton: one problem keeps Milton from starting:\n1\. milton\.config\.ts: there is none in /,
    );
    expect(stderr).toContain('export default defineConfig({');
    expect(stderr).toMatch(/\n\nThen run: milton check\.\n$/);
  });

  test('a name that was not imported is told with its import', async () => {
    desk.write('milton.config.ts', configuration().replace('dedupe(), queue()', 'dedupe(), queue(), research()'));
    const { code, stderr } = await desk.run(['check']);
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /milton\.config\.ts:\d+: research is used, but not imported\. Import it: import \{ research \} from 'milton-orchestrator'\.\n/,
    );
  });

  test('an agent whose check throws is a warning, in which its name stands once', async () => {
    const broken = configuration().replace(
      /check: async \(\) => .*/,
      "check() { throw new Error('Helper is not installed'); },",
    );
    desk.write('milton.config.ts', broken);
    desk.write('.env', 'TARGET_REPO=app\n');
    const { code, stderr } = await desk.run(['check']);
    expect([code, stderr]).toEqual([0, 'warning: Helper is not installed\n']);
  });

  test('an agent that a repository names in vain is told once', async () => {
    const named = configuration()
      .replace('env.TARGET_REPO }', "env.TARGET_REPO, agent: 'helpr' }")
      .replaceAll('queue', 'classify, queue')
      .replace('classify, queue()', 'classify(), queue()');
    desk.write('milton.config.ts', named);
    desk.write('.env', 'TARGET_REPO=app\n');
    const { code, stderr } = await desk.run(['check']);
    expect(code).toBe(3);
    expect(stderr).toMatch(/^milton: one problem keeps/m);
    expect(stderr).toContain('repositories.app.agent: there is no agent "helpr". Did you mean "helper"?');
  });

  test('no secret is in what is told, whatever an error of the configuration quotes', async () => {
    const secret = 'hunter2hunter2';
    desk.write('milton.config.ts', `throw new Error('cannot log in as ${secret}');`);
    for (const args of [['check'], ['check', '-v'], ['check', '--json'], ['config', '--json']]) {
      const { stdout, stderr } = await desk.run(args, { env: { NTFY_PASSWORD: secret } });
      expect(stdout + stderr).toContain('cannot log in as [redacted]');
      expect(stdout + stderr).not.toContain(secret);
    }
  });

  test('the configuration of the user is found from anywhere', async () => {
    mkdirSync(join(desk.home, '.config/milton'), { recursive: true });
    desk.write('.config/milton/milton.config.ts', configuration());
    desk.write('.config/milton/.env', `TARGET_REPO=${join(desk.home, 'app')}\n`);
    expect((await desk.run(['check'])).stdout).toContain('.config/milton/milton.config.ts');
  });

  test('everything wrong is told at once, numbered: environment, repositories, steps', async () => {
    desk.write(
      'milton.config.ts',
      configuration().replace('queue(), async', 'async').replace('dedupe()', 'dedupe({ agee: 1 } as any)'),
    );
    desk.write('.env', 'TARGET_REPO=nowhere\nCLAUDE_TIMEOUT=long\nNTFY_TOKEN="a\nb"\n');
    const { code, stderr } = await desk.run(['check', '--json'], { env: { LOG_LEVEL: 'loud' } });
    expect([code, stderr]).toEqual([3, '']);
    const told = (await desk.run(['check'], { env: { LOG_LEVEL: 'loud' } })).stderr;
    expect(told).toMatch(/^milton: \d problems keep Milton from starting:\n1\. /);
    for (const where of ['CLAUDE_TIMEOUT', 'NTFY_TOKEN', 'LOG_LEVEL', 'repositories.app.path', 'dedupe()']) {
      expect(told).toMatch(new RegExp(`^\\d+\\. ${where.replace(/[.()]/g, '\\$&')}: `, 'm'));
    }
    expect(told).toMatch(/queue\(\)/);
  });

  test('--json is versioned, and complete', async () => {
    desk.write('milton.config.ts', 'enum A { B }\nexport default {};');
    const { code, stdout, stderr } = await desk.run(['check', '--json']);
    expect([code, stderr]).toEqual([3, '']);
    expect(JSON.parse(stdout)).toEqual({
      v: 1,
      ok: false,
      config: join(desk.home, 'milton.config.ts'),
      problems: [
        {
          where: join(desk.home, 'milton.config.ts:1'),
          what: expect.stringContaining('enum'),
          repair: expect.any(String),
        },
      ],
      warnings: [],
    });
  });

  test('an error of the configuration itself names its line, without a stack', async () => {
    desk.write('other.ts', `import { env } from 'milton-orchestrator';\nexport default (env as any).TARGET_REPOS;`);
    const { code, stderr } = await desk.run(['--config', 'other.ts', 'check']);
    expect(code).toBe(3);
    expect(stderr).toContain('other.ts');
    expect(stderr).toContain('Did you mean env.TARGET_REPO?');
    expect(stderr).not.toMatch(/\n {4}at /);
  });

  test('a configuration that waits for ever does not pass for one that is done', async () => {
    desk.write('milton.config.ts', 'await new Promise(() => {});\nexport default {};');
    const { code, stderr } = await desk.run(['check']);
    expect(code).toBe(3);
    expect(stderr).toContain('never finished loading');
  });
});

describe('milton config', () => {
  test('prints every value with its origin, and no secret', async () => {
    const options = 'z.strictObject({ env: z.record(z.string(), z.string()) })';
    const noted = `name: 'helper', options: ${options},`;
    const text = configuration()
      .replace("name: 'helper',", noted)
      .replace('helper()]', "helper({ env: { A_KEY: 'verysecret', B: 'hunter2hunter2' } })]");
    desk.write('milton.config.ts', `import { z } from 'zod';\n${text}`);
    desk.write('.env', 'TARGET_REPO=app\nNTFY_TOKEN=tk_verysecretverysecretverysec\n');
    const { code, stdout, stderr } = await desk.run(['config'], {
      env: { LOG_LEVEL: 'warn', NTFY_PASSWORD: 'hunter2hunter2' },
    });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toMatch(/verysecret|hunter2/);
    for (const line of [
      /^ {2}repositories\.app +.*\/app +milton\.config\.ts$/m,
      /^ {2}helper\.env +\{"A_KEY":"\[redacted\]","B":"\[redacted\]"\} +milton\.config\.ts$/m,
      /^ {2}NTFY_TOKEN +\[set\] +\.env$/m,
      /^ {2}NTFY_PASSWORD +\[set\] +environment$/m,
      /^ {2}PERPLEXITY_API_KEY +\(not set\) +default$/m,
      /^ {2}LOG_LEVEL +warn +environment$/m,
      /^ {2}MAX_OUTPUT_SIZE +12000 +default$/m,
    ]) {
      expect(stdout).toMatch(line);
    }
  });

  test('-v counts as command line, and --json says the same', async () => {
    desk.write('milton.config.ts', configuration());
    desk.write('.env', 'TARGET_REPO=app\nNTFY_TOKEN=tk_verysecretverysecretverysec\n');
    const { stdout } = await desk.run(['config', '-v', '--json']);
    const { v, environment } = JSON.parse(stdout);
    expect(v).toBe(1);
    expect(environment).toContainEqual({ name: 'LOG_LEVEL', value: 'debug', origin: 'command line', secret: false });
    expect(environment).toContainEqual({ name: 'NTFY_TOKEN', value: '[set]', origin: '.env', secret: true });
    expect(stdout).not.toContain('verysecret');
  });

  test('shows the environment even where the configuration is broken', async () => {
    const { code, stdout, stderr } = await desk.run(['config']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^ {2}ASK_TOPIC +milton-briefing-code-ask +default$/m);
    expect(stderr).toContain('one problem keeps');
    const json = await desk.run(['config', '--json']);
    expect([json.code, JSON.parse(json.stdout).problems]).toEqual([
      3,
      [expect.objectContaining({ where: 'milton.config.ts' })],
    ]);
  });
});

describe('milton send', () => {
  beforeEach(() => {
    desk.write('milton.config.ts', configuration());
    desk.write('.env', 'TARGET_REPO=app\n');
  });
  const submitted = async () => (await import('node:fs')).readFileSync(join(desk.home, 'submitted'), 'utf8');

  test('gives the text to the first transport that takes one', async () => {
    const { code, stdout, stderr } = await desk.run(['send', 'CODE: add a “login”']);
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toBe('Sent through desk. See what becomes of it: milton runs show last\n');
    expect(await submitted()).toBe('CODE: add a “login”\n');
  });

  test('takes it from standard input', async () => {
    expect((await desk.run(['send', '-'], { input: 'CODE: piped\n' })).code).toBe(0);
    expect(await submitted()).toBe('CODE: piped\n');
  });

  test('an unexpected failure is one line, and more with -v', async () => {
    const { code, stderr } = await desk.run(['send', 'OFFLINE']);
    expect([code, stderr]).toEqual([1, 'milton: unexpected error: down\nRun with -v for details.\n']);
    expect((await desk.run(['send', '-v', 'OFFLINE'])).stderr).toMatch(/unexpected error: down\nError: down\n {4}at /);
  });

  test('a transport that takes none is said', async () => {
    desk.write('milton.config.ts', configuration().replace('async submit', 'async other'));
    const { code, stderr } = await desk.run(['send', 'CODE: x']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('None of the configured transports takes a request')]);
  });
});
