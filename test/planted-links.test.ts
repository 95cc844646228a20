// What Milton writes in its own folders, where something else lies already: nobody can lead it elsewhere by a link.
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LogFile } from '../src/pipeline/services/log-file.ts';
import { ExecaProcessRunner } from '../src/pipeline/services/process-runner.ts';
import { openStore } from '../src/pipeline/store/sqlite.ts';
import { commandAgent } from '../src/plugins/execute/agents/command-agent.ts';
import { Processes } from '../src/plugins/execute/process/processes.ts';
import { endOfFile } from '../src/plugins/execute/process/run-cli.ts';
import { spawnAgent } from '../src/plugins/execute/process/spawn-agent.ts';
import { Tail } from '../src/plugins/execute/process/tail.ts';
import { saveReport } from '../src/plugins/publish.ts';
import { hermetic, makeAgent } from './support/fake-run.ts';

let root: string;
const at = (path: string) => join(root, path);
const victim = () => readFileSync(at('victim'), 'utf8');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'milton-planted-'));
  mkdirSync(at('state'), { mode: 0o700 });
  writeFileSync(at('victim'), 'precious', { mode: 0o644 });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const expectUntouched = () =>
  expect([victim(), statSync(at('victim')).mode & 0o777, existsSync(at('nowhere'))]).toEqual([
    'precious',
    0o644,
    false,
  ]);

async function start(script: string): Promise<void> {
  const command = { bin: 'sh', args: ['-c', script], cwd: root, env: {}, output: at('state/a.out') };
  const child = await spawnAgent(command, new Processes(new ExecaProcessRunner()));
  if ('failure' in child) throw new Error(child.detail);
  child.begin('');
  await child.exited;
}

async function prompted(): Promise<void> {
  const script = 'cat "$1" >> seen; stat -c %a "$1" >> seen';
  const agent = await makeAgent(
    commandAgent({ as: 'any', bin: 'sh', prompt: 'file', args: ['-c', script, 'sh', '{{promptFile}}'] }),
    { variables: hermetic(root) },
  );
  const task = {
    run: 'req_k4m2xa',
    prompt: 'secret plan\n',
    folder: root,
    access: 'write',
    output: at('state/a.out'),
  } as const;
  await agent.run(task, { signal: new AbortController().signal, note: async () => {}, progress() {}, used() {} });
  expect(readFileSync(at('seen'), 'utf8')).toBe('secret plan\n600\n');
}

const day = Date.parse('2026-11-23T12:00:00');
function log(): void {
  using file = new LogFile(at('state'));
  file.write('a line\n', day);
}

async function store(): Promise<void> {
  const opened = openStore(at('state/milton.db'), { mode: 'daemon' });
  try {
    await opened.remember('key', 'a value');
  } finally {
    await opened.close();
  }
}

interface Writer {
  readonly what: string;
  readonly file: string;
  write(): unknown;
  /** With what a link there is refused, rather than replaced. */
  readonly refuses?: RegExp;
  /** The file is gone at the end. */
  readonly goes?: true;
}

const WRITERS: readonly Writer[] = [
  { what: 'the output of an agent', file: 'a.out', write: () => start('echo hello') },
  { what: 'what it complains of', file: 'a.out.err', write: () => start('echo hello >&2') },
  { what: 'the prompt of an agent', file: 'a.out.prompt', write: prompted, goes: true },
  { what: 'the log', file: '2026-11-23.log', write: log, refuses: /ELOOP/ },
  { what: 'the database', file: 'milton.db', write: store, refuses: /milton\.db is a symbolic link/ },
  { what: 'the lock', file: 'lock.db', write: store, refuses: /lock\.db is a symbolic link/ },
  { what: 'who holds the lock', file: 'daemon.json.new', write: store, goes: true },
];

describe.each(WRITERS)('T12: $what', ({ file, write, refuses, goes }) => {
  const own = () => at(`state/${file}`);

  test.each(['victim', 'nowhere'])('never goes through a link to %s', async (target) => {
    symlinkSync(at(target), own());
    const written = (async () => write())();
    if (refuses) await expect(written).rejects.toThrow(refuses);
    else await written;
    expectUntouched();
    expect(lstatSync(own(), { throwIfNoEntry: false })?.isSymbolicLink() ?? false).toBe(refuses !== undefined);
  });

  test.runIf(!goes)('is for its owner alone, whatever was there before', async () => {
    for (const before of [undefined, '']) {
      if (before !== undefined) writeFileSync(own(), before, { mode: 0o644 });
      await write();
      expect(statSync(own()).mode & 0o777).toBe(0o600);
      rmSync(own());
    }
  });
});

test.each(['wal', 'shm', 'journal'])('T12: the -%s of the database never goes through a link', async (name) => {
  for (const target of ['victim', 'nowhere']) {
    symlinkSync(at(target), at(`state/milton.db-${name}`));
    // SQLite refuses some and replaces others.
    await store().catch((error) => expect(error.code).toBe('STORE'));
    expectUntouched();
    rmSync(at('state'), { recursive: true });
    mkdirSync(at('state'), { mode: 0o700 });
  }
});

test('T12: a report goes beside a planted link, to a file for its owner alone', async () => {
  symlinkSync(at('victim'), at('state/req_k4m2xa.txt'));
  symlinkSync(at('nowhere'), at('state/req_k4m2xa.1.txt'));
  // Not even one that leads to this very report counts as the report.
  writeFileSync(at('victim'), 'precious');
  const path = await saveReport(at('state'), 'req_k4m2xa', 'precious');
  expect(path).toBe(at('state/req_k4m2xa.2.txt'));
  expect([statSync(path).mode & 0o777, existsSync(at('nowhere'))]).toEqual([0o600, false]);
});

test('T12: another name of a file is no way to it either', async () => {
  linkSync(at('victim'), at('state/a.out'));
  await start('echo hello');
  expect([victim(), readFileSync(at('state/a.out'), 'utf8')]).toEqual(['precious', 'hello\n']);
});

test('T12: what an agent puts in the place of its own output is not read', async () => {
  await start(`echo hello; rm ${at('state/a.out')} && ln -s ${at('victim')} ${at('state/a.out')}`);
  await expect(Tail.open(at('state/a.out'), () => {})).rejects.toThrow(/ELOOP/);
  expect(await endOfFile(at('state/a.out'))).toBe('');
});
