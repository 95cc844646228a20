import { spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { formatDuration } from '../../../src/plugins/execute/duration.ts';
import { branchName } from '../../../src/plugins/execute/git/branch-name.ts';
import { countFiles, parseNumstat } from '../../../src/plugins/execute/git/evidence.ts';
import { serially } from '../../../src/plugins/execute/git/serially.ts';
import { agentEnvironment, childEnvironment } from '../../../src/plugins/execute/process/child-environment.ts';
import { Processes, parsePs } from '../../../src/plugins/execute/process/processes.ts';
import { stopRun } from '../../../src/plugins/execute/process/stop.ts';
import { Tail } from '../../../src/plugins/execute/process/tail.ts';
import { fakeEnvironment } from '../../support/fake-run.ts';
import fc from '../../support/property.ts';

const folder = mkdtempSync(join(tmpdir(), 'milton-parts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Every code point, lone surrogates too; fast-check's own unit takes a second to set up.
const anyCharacter = fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code));

describe('Tail', () => {
  it('reports each line once it is whole, and the last one at the end', async () => {
    const path = join(folder, 'grows');
    writeFileSync(path, '');
    const lines: string[] = [];
    await using tail = await Tail.open(path, (line) => lines.push(line));
    const bytes = Buffer.from('eins\nzwei ä\n\ndrei');
    for (const [at, seen] of [
      [3, 0],
      [6, 1],
      [11, 1],
      [13, 2],
      [bytes.length, 3],
    ] as const) {
      writeFileSync(path, bytes.subarray(0, at));
      await tail.read();
      expect(lines.length).toBe(seen);
    }
    expect(await tail.read()).toBe(0);
    await tail.drain();
    expect(lines).toEqual(['eins', 'zwei ä', '', 'drei']);
  });

  it('leaves lines over the limit out, and only those', async () => {
    const path = join(folder, 'long');
    writeFileSync(path, `${'a'.repeat(10)}\n${'b'.repeat(11)}\n${'c'.repeat(500_000)}\nd\n`);
    const lines: string[] = [];
    await using tail = await Tail.open(path, (line) => lines.push(line), 10);
    await tail.drain();
    expect(lines).toEqual(['a'.repeat(10), 'd']);
  });

  it('comes back from a file that grows faster than it reads, and drains all of it', async () => {
    const path = join(folder, 'huge');
    writeFileSync(path, `${'x'.repeat(1_000_000)}\n`.repeat(40));
    let count = 0;
    await using tail = await Tail.open(path, () => count++);
    expect(await tail.read()).toBeLessThan(20_000_000);
    await tail.drain();
    expect(count).toBe(40);
  });

  it('drains no more than there was when it began', async () => {
    const path = join(folder, 'goes-on');
    const line = `${'x'.repeat(100_000)}\n`;
    writeFileSync(path, line);
    let count = 0;
    // What escaped writes on as fast as it is read.
    await using tail = await Tail.open(path, () => {
      if (++count < 1_000) appendFileSync(path, line);
    });
    await tail.drain();
    expect(count).toBe(1);
  });

  it('gives up where it is told to', async () => {
    const path = join(folder, 'given-up');
    writeFileSync(path, `${'x'.repeat(1_000_000)}\n`.repeat(40));
    const stop = new AbortController();
    let count = 0;
    await using tail = await Tail.open(path, () => {
      count++;
      stop.abort();
    });
    await tail.drain(stop.signal);
    expect(count).toBeLessThan(6);
  });

  it('puts together whatever was cut anywhere', async () => {
    const path = join(folder, 'cuts');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat(200)), async (texts, cuts) => {
        const clean = texts.map((each) => each.replaceAll('\n', ' ').toWellFormed());
        const bytes = Buffer.from(clean.join('\n'));
        writeFileSync(path, '');
        const lines: string[] = [];
        await using tail = await Tail.open(path, (line) => lines.push(line));
        let at = 0;
        for (const cut of cuts) {
          appendFileSync(path, bytes.subarray(at, at + cut));
          at += cut;
          await tail.read();
        }
        appendFileSync(path, bytes.subarray(at));
        await tail.drain();
        // Nothing stands behind the last line break.
        expect(lines).toEqual(clean.at(-1) === '' ? clean.slice(0, -1) : clean);
      }),
      { numRuns: 50 },
    );
  });
});

describe('Processes', () => {
  const processes = new Processes(new ExecaProcessRunner());

  it('knows a process by pid and start', async () => {
    const own = await processes.find(process.pid);
    expect(own).toMatchObject({ pid: process.pid, ppid: process.ppid });
    expect(await processes.lives(own!)).toBe(true);
    expect(await processes.lives({ ...own!, start: 'another' })).toBe(false);
    expect(await processes.find(2 ** 22 + 1)).toBeUndefined();
  });

  it('reads what ps prints, without zombies', () => {
    expect(
      parsePs('    1     0 Ss   Mon Nov 23 19:00:00 2026\n  812   1 Z+ Mon Nov 23 19:01:00 2026\n 99 1 R x y  \n\n'),
    ).toEqual([
      { pid: 1, ppid: 0, start: 'Mon Nov 23 19:00:00 2026' },
      { pid: 99, ppid: 1, start: 'x y' },
    ]);
  });

  it.runIf(process.platform === 'linux')('finds the tree with ps where there is no /proc', async () => {
    vi.stubGlobal('process', Object.create(process, { platform: { value: 'darwin' } }));
    const child = spawn('sleep', ['60']);
    try {
      const runner = new ExecaProcessRunner();
      const there = new Processes(runner);
      const identity = (await there.find(child.pid!))!;
      const own = (await there.find(process.pid))!;
      expect(await there.ofRun(identity, 'req_x')).toEqual([identity]);
      expect((await there.ofRun(own, 'req_x')).map((each) => each.pid)).toContain(child.pid);
      expect(await stopRun(there, { run: 'req_x', root: identity, grace: 1_000 })).toEqual([]);
    } finally {
      vi.unstubAllGlobals();
      child.kill('SIGKILL');
    }
  });

  it.runIf(process.platform === 'linux')('stops a process that is itself stopped', async () => {
    const run = `req_stopped_${process.pid}`;
    const child = spawn('sleep', ['60'], { env: { PATH: process.env.PATH, MILTON_REQUEST_ID: run }, detached: true });
    child.kill('SIGSTOP');
    expect(await stopRun(processes, { run, root: (await processes.find(child.pid!))!, grace: 100 })).toEqual([]);
    expect(await processes.ofRun(undefined, run)).toEqual([]);
  });

  it('is quick and silent where nothing is left', async () => {
    expect(await stopRun(processes, { run: 'req_none', root: undefined, grace: 60_000 })).toEqual([]);
    expect(
      await stopRun(processes, { run: 'req_none', root: { pid: process.pid, start: 'before' }, grace: 60_000 }),
    ).toEqual([]);
  });
});

describe('small parts', () => {
  it.each([
    ['Add a login feature', 'milton/req_a-add-a-login-feature'],
    ['', 'milton/req_a'],
    ['登录', 'milton/req_a'],
    ['../../etc; rm -rf ~ .lock', 'milton/req_a-etc-rm-rf-lock'],
    ['Füge Café hinzu', 'milton/req_a-fuge-cafe-hinzu'],
    ['x'.repeat(300), 'milton/req_a'],
  ])('names a branch after %j', (text, name) => expect(branchName('req_a', text)).toBe(name));

  it('names every branch so that git takes it', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter }), (text) => {
        expect(branchName('req_a', text)).toMatch(/^milton\/req_a(-[a-z0-9]+)*$/);
      }),
    );
  });

  it.each([
    [0, '0 s'],
    [420, '0.4 s'],
    [2_000, '2 s'],
    [9_960, '10 s'],
    [12_400, '12 s'],
    [59_600, '1 min'],
    [192_000, '3 min 12 s'],
    [1_800_000, '30 min'],
    [7_500_000, '2 h 5 min'],
    [7_200_000, '2 h'],
  ])('says %i ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

  it('reads numstat with odd names and binary files', () => {
    expect(parseNumstat('3\t1\ta b\n\t"ü.ts\0-\t-\tpic.png\0')).toEqual([
      { path: 'a b\n\t"ü.ts', added: 3, removed: 1 },
      { path: 'pic.png', added: 0, removed: 0 },
    ]);
    expect(parseNumstat('')).toEqual([]);
    expect([countFiles([]), countFiles([1]), countFiles([1, 2])]).toEqual([
      '0 files changed',
      '1 file changed',
      '2 files changed',
    ]);
  });

  it('does one thing per key at a time, also after a failure', async () => {
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${name} ends`);
      if (name === 'a') throw new Error('a failed');
      return name;
    };
    const all = await Promise.allSettled([
      serially('k', work('a')),
      serially('k', work('b')),
      serially('k', work('c')),
    ]);
    expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(all.map((each) => each.status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('passes on nothing that is not on the list', () => {
    const secrets = { PERPLEXITY_API_KEY: 'a', NTFY_TOKEN: 'b', ANTHROPIC_API_KEY: 'c', GIT_DIR: 'd', PATH: '/bin' };
    expect(childEnvironment(fakeEnvironment(secrets))).toEqual({ PATH: '/bin' });
  });

  it('T7: passes on no PATH that finds programs in the folder where they are started', () => {
    const seen = (PATH: string) => childEnvironment(fakeEnvironment({ PATH }));
    expect(seen('./node_modules/.bin:/usr/bin::.:bin:/bin:')).toEqual({ PATH: '/usr/bin:/bin' });
    expect(['', '.', ':'].map(seen)).toEqual([{}, {}, {}]);
    const added = { PATH: '.:/opt/bin' };
    expect(agentEnvironment(fakeEnvironment({}), { run: 'x' }, [], added)).toMatchObject({ PATH: '/opt/bin' });
  });
});
