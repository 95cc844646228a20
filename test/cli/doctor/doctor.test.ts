import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { within } from '../../../src/cli/doctor/examine.ts';
import { type Patient, thisMachine } from '../../../src/cli/doctor/patient.ts';
import { FORBIDDEN } from '../../support/fake-ntfy.ts';
import { type Clinic as AClinic, ANSWER, Clinic, configuration, SECRET } from './clinic.ts';

const MAIN = resolve(import.meta.dirname, '../../../dist/src/cli/main.js');
let clinic: AClinic;
beforeEach(async () => {
  clinic = await Clinic.open();
});
afterEach(() => clinic[Symbol.asyncDispose]());

/** The built command line, as a process of its own. */
async function milton(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const options = { cwd: clinic.home, env: clinic.variables };
  return promisify(execFile)(process.execPath, [MAIN, ...args], options).then(
    (ended) => ({ code: 0, ...ended }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );
}

/** Every file and folder below the home folder, with its mode and time, and its text where it is a small one. */
const everything = () =>
  readdirSync(clinic.home, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const { mode, mtimeMs, size } = statSync(join(clinic.home, name));
      return `${name} ${mode.toString(8)} ${mtimeMs} ${size}`;
    });

const open = () => {
  chmodSync(clinic.path('.env'), 0o644);
  mkdirSync(clinic.path('state'));
  chmodSync(clinic.path('state'), 0o775);
  clinic.write('milton.config.ts', configuration({ authorise: "{ mode: 'signed' }" }));
  clinic.remove('.config/milton/secrets.json');
};

describe('milton doctor', () => {
  test('says of a sound set-up that all is well, a line each, and ends with 0', async () => {
    const { code, stdout, stderr } = await milton('doctor');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.trim().split('\n');
    expect(lines.at(-1)).toBe('Everything is in order.');
    const topics = lines.slice(0, -1).map((line) => /^✓ (\w+) +\S/.exec(line)?.[1]);
    expect([...new Set(topics)]).toEqual([
      ...['node', 'configuration', 'keys', 'folders', 'disk', 'database'],
      ...['repositories', 'agents', 'ntfy', 'research', 'hearing', 'service'],
    ]);
  });

  test('without a configuration it looks at the machine, and says how to begin', async () => {
    clinic.remove('milton.config.ts');
    const { code, stdout } = await milton('doctor');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^✗ configuration +There is no configuration: neither .*\n.*\n +Run: milton init$/m);
    expect(stdout).toMatch(/^✓ node .*/m);
    expect(stdout).toMatch(/\n1 failure\.\n$/);
  });

  test('names the file that --config names in vain', async () => {
    const { wrong, code } = await clinic.look({ config: 'other.ts' });
    expect([code, wrong]).toEqual([
      3,
      [expect.objectContaining({ id: 'configuration.missing', what: `${clinic.path('other.ts')} does not exist` })],
    ]);
  });

  test('calls a second server by its name', async () => {
    const second = `{ as: 'home', baseUrl: '${clinic.ntfy.url}', answerTopic: 'answer-at-home-0123456789' }`;
    clinic.write('milton.config.ts', configuration().replace('[ntfy()]', `[ntfy(), ntfy(${second})]`));
    clinic.ntfy.chaos.denies = (login, _, topic) =>
      login && topic !== 'answer-at-home-0123456789' ? undefined : FORBIDDEN;
    const { wrong } = await clinic.look();
    expect(wrong.map(({ id, what }) => [id, what])).toEqual([
      ['ntfy.home.write', 'home: Milton may not write to answer-at-home-0123456789'],
    ]);
  });

  test('with a broken one it says what is broken, and goes on with the rest', async () => {
    clinic.write('milton.config.ts', 'export default {');
    const { wrong, findings, code } = await clinic.look();
    expect(wrong.map(({ id }) => id)).toEqual(['configuration.milton.config.ts']);
    expect(findings.map(({ topic }) => topic)).toEqual([
      ...['node', 'configuration', 'keys', 'folders', 'disk', 'database', 'service'],
    ]);
    expect(code).toBe(3);
  });

  test('several things at once are told in a fixed order, and the first failure gives the exit code', async () => {
    chmodSync(clinic.path('.env'), 0o644);
    clinic.remove('bin/claude');
    clinic.researchAnswers = () => 401;
    await clinic.ntfy.close();
    const { wrong, code } = await clinic.look();
    expect(wrong.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'configuration..env warning',
      'agents.claude failure',
      'ntfy.connection failure',
      'research.perplexity failure',
    ]);
    expect(code).toBe(6);
  });

  test('changes nothing, publishes nothing, and asks with a wrong login once', async () => {
    open();
    const before = everything();
    const { wrong } = await clinic.look();
    expect(wrong.length).toBeGreaterThan(2);
    expect(everything()).toEqual(before);
    expect(clinic.ntfy.cache).toEqual([]);
    const writes = clinic.ntfy.requests.filter(({ method }) => method === 'POST');
    expect(writes.map(({ path }) => path)).toContain(`/${ANSWER}`);
    for (const { headers } of writes) expect(headers).toMatchObject({ 'x-priority': '9', 'x-firebase': 'no' });

    clinic.ntfy.requests.length = 0;
    clinic.settings({ NTFY_TOKEN: `tk_${'w'.repeat(29)}` });
    clinic.ntfy.chaos.denies = (login) =>
      login ? { status: 401, body: '{"code":40101,"http":401,"error":"unauthorized"}' } : undefined;
    await clinic.look();
    expect(clinic.ntfy.requests.filter(({ headers }) => headers.authorization)).toHaveLength(2);
  });

  test('tells no secret, whatever a server or an agent quotes', async () => {
    const token = `tk_${'m'.repeat(29)}`;
    clinic.ntfy.chaos.denies = () => ({ status: 418, body: `{"code":41801,"http":418,"error":"no ${token} here"}` });
    clinic.program('claude', `echo "bad key ${SECRET} pplx-0123456789abcdef" >&2; exit 1`);
    for (const args of [
      ['doctor', '--json'],
      ['doctor', '-v'],
    ]) {
      const { stdout, stderr, code } = await milton(...args);
      expect(code).toBe(1);
      expect(stdout).toContain('Claude Code does not work');
      for (const secret of [token, SECRET, 'pplx-0123456789abcdef']) expect(stdout + stderr).not.toContain(secret);
    }
  });

  test('hands no key over where it would cross a network readable', async () => {
    clinic.settings({ PERPLEXITY_BASE_URL: 'http://research.example.org' });
    const asked: string[] = [];
    clinic.machine.fetch = (address, init) => {
      asked.push(new URL(String(address)).origin);
      return fetch(address, init);
    };
    const { wrong } = await clinic.look();
    expect(wrong).toMatchObject([
      { topic: 'configuration', what: expect.stringContaining('PERPLEXITY_BASE_URL is not https') },
    ]);
    expect([...new Set(asked)]).toEqual([clinic.ntfy.url]);
  });

  test('--json is versioned', async () => {
    clinic.settings({ TARGET_REPO: 'gone' });
    const { code, stdout, stderr } = await milton('doctor', '--json');
    expect([code, stderr]).toEqual([3, '']);
    const { v, worst, mended, findings } = JSON.parse(stdout);
    expect([v, worst, mended]).toEqual([1, 'failure', []]);
    expect(findings.find(({ topic }: { topic: string }) => topic === 'repositories')).toEqual({
      topic: 'repositories',
      id: 'repositories.app.path',
      state: 'failure',
      what: `repositories.app.path: ${clinic.path('gone')} does not exist`,
      repair: 'Correct the path, or clone the repository there',
      fixable: false,
    });
  });

  test('waits for nobody longer than it has to', async () => {
    clinic.ntfy.chaos.mute = true;
    clinic.program('claude', 'exec sleep 60');
    clinic.machine.patience = { whole: 50_000, agent: 600, answer: 4_000 };
    const begun = performance.now();
    const { wrong } = await clinic.look();
    expect(performance.now() - begun).toBeLessThan(40_000);
    expect(wrong.map(({ id }) => id)).toEqual(['agents.claude', 'ntfy.connection']);
  });

  test('gives an examination up that does not end, and tells of one that fails', async () => {
    const machine = { ...thisMachine(), patience: { whole: 20, agent: 20, answer: 20 } };
    const patient = { machine } as Patient;
    const endless = { topic: 'disk', examine: () => new Promise<never>(() => {}) } as const;
    const failing = { topic: 'disk', examine: () => Promise.reject(new Error('no such disk')) } as const;
    expect([...(await within(endless, patient)), ...(await within(failing, patient))]).toMatchObject([
      { id: 'disk', state: 'failure', what: 'This could not be looked at: there was no end of it within 0.02 s' },
      { id: 'disk', state: 'failure', what: 'This could not be looked at: no such disk' },
    ]);
  });
});

describe('milton doctor --fix', () => {
  test('closes what is open, makes the key that is missing, says so, and looks again', async () => {
    open();
    const { code, stdout, stderr } = await milton('doctor', '--fix');
    expect([code, stdout.trim().split('\n').at(-1)]).toEqual([0, 'Everything is in order.']);
    expect(stderr.trim().split('\n')).toEqual([
      `${clinic.path('.env')} has mode 0600 now.`,
      'A key was made. Put it on the phone: milton keys qr',
      `${clinic.path('state')} has mode 0700 now.`,
    ]);
    const modes = ['.env', 'state', '.config/milton/secrets.json'].map(
      (name) => statSync(clinic.path(name)).mode & 0o777,
    );
    expect(modes).toEqual([0o600, 0o700, 0o600]);
    expect(JSON.parse(readFileSync(clinic.path('.config/milton/secrets.json'), 'utf8')).signing).toHaveLength(1);
  });

  test('makes the folder of a database that is not there, and closes keys that others can read', async () => {
    clinic.write(
      'milton.config.ts',
      configuration().replace('sqlite()', `sqlite({ file: '${clinic.path('db/m.db')}' })`),
    );
    chmodSync(clinic.path('.config/milton/secrets.json'), 0o644);
    const { code, stdout } = await milton('doctor', '--fix', '--json');
    expect([code, JSON.parse(stdout).mended]).toEqual([
      0,
      [`${clinic.path('.config/milton/secrets.json')} has mode 0600 now.`, `The folder ${clinic.path('db')} was made.`],
    ]);
    expect(statSync(clinic.path('db')).mode & 0o777).toBe(0o700);
  });

  test('leaves alone what is a matter of judgement', async () => {
    clinic.remove('bin/claude');
    chmodSync(clinic.path('milton.config.ts'), 0o666);
    const before = everything();
    const { code, stderr } = await milton('doctor', '--fix');
    expect([code, stderr]).toEqual([3, '']);
    expect(everything()).toEqual(before);
  });
});
