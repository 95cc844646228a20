import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { recordAgentFolders } from '../../config/agent-folders.ts';
import { locate } from '../../config/locate.ts';

let root: string;
const at = (path: string) => join(root, path);
const home = () => at('home');
const own = (name: string) => join(home(), '.config/milton', name);
const record = () => own('repositories.json');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'milton-locate-'));
  vi.stubEnv('HOME', home());
  for (const name of ['app', 'other']) checkout(at(name));
  mkdirSync(at('mine'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

function checkout(path: string): void {
  mkdirSync(join(path, '.git/objects'), { recursive: true });
  writeFileSync(join(path, '.git/HEAD'), 'ref: refs/heads/main\n');
}

/** A worktree of a checkout, as git makes them. */
function worktree(path: string, of: string): void {
  const data = join(of, '.git/worktrees/one');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'HEAD'), '');
  writeFileSync(join(data, 'commondir'), '../..\n');
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, '.git'), `gitdir: ${data}\n`);
}

/** Puts a configuration and a `.env` into a folder. */
function configure(folder: string, env = 'CLAUDE_BIN=./theirs\n'): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'milton.config.ts'), 'export default {};');
  writeFileSync(join(folder, '.env'), env, { mode: 0o600 });
}

const look = (folder: string, processEnv: Record<string, string> = {}, named?: string) => {
  const { path, environment, problem, passed } = locate({ named, folder, processEnv });
  return { path, bin: environment.values.CLAUDE_BIN, problem, passed, environment };
};
const refused = (path: string, folder: string) => ({
  bin: 'claude',
  problem: {
    where: path,
    what: `it lies in ${folder}, where agents work, and could be theirs`,
    repair: expect.stringContaining('~/.config/milton'),
  },
});

describe('T7: a configuration where agents work is not run, and its .env not believed', () => {
  test('outside of every repository both count', () => {
    recordAgentFolders([at('app')], at('state'));
    configure(at('mine'));
    expect(look(at('mine'))).toMatchObject({
      path: at('mine/milton.config.ts'),
      bin: at('mine/theirs'),
      problem: undefined,
    });
  });

  test.each(['app', 'app/deep/inside'])('in a repository that an earlier start has noted: %s', (folder) => {
    recordAgentFolders([at('app')], at('state'));
    configure(at(folder), 'CLAUDE_BIN=./theirs\nTARGET_REPO=/elsewhere\nSTATE_DIR=/elsewhere\n');
    expect(look(at(folder))).toMatchObject(refused(at(`${folder}/milton.config.ts`), at('app')));
    expect(look(at('mine'), {}, at(`${folder}/milton.config.ts`))).toMatchObject(
      refused(at(`${folder}/milton.config.ts`), at('app')),
    );
  });

  test('in TARGET_REPO, whoever says so: the process, the .env beside it, the one in ~/.config/milton', () => {
    configure(at('app'));
    const expected = refused(at('app/milton.config.ts'), at('app'));
    expect(look(at('app'), { TARGET_REPO: at('app') })).toMatchObject(expected);
    configure(dirname(record()), `TARGET_REPO=${at('app')}\n`);
    expect(look(at('app'), {}, 'milton.config.ts')).toMatchObject(expected);
    rmSync(home(), { recursive: true });
    configure(at('app'), 'CLAUDE_BIN=./theirs\nTARGET_REPO=.\n');
    expect(look(at('app'))).toMatchObject(expected);
  });

  test('in a folder of a request, of the STATE_DIR that counts or that a start has noted', () => {
    configure(at('state/worktrees/req_k4m2xa'));
    const [folder, path] = [at('state/worktrees'), at('state/worktrees/req_k4m2xa/milton.config.ts')];
    expect(look(dirname(path), { STATE_DIR: at('state') })).toMatchObject(refused(path, folder));
    expect(look(dirname(path)).problem).toBeUndefined();
    recordAgentFolders([], at('state'));
    expect(look(dirname(path))).toMatchObject(refused(path, folder));
  });

  test('in another worktree of a noted repository', () => {
    recordAgentFolders([at('app')], at('state'));
    worktree(at('review'), at('app'));
    configure(at('review/sub'));
    expect(look(at('review/sub'))).toMatchObject(refused(at('review/sub/milton.config.ts'), at('app')));
    configure(at('other'));
    expect(look(at('other')).problem).toBeUndefined();
  });

  test('through a symbolic link, to the file or to its folder, and to the .env alone', () => {
    recordAgentFolders([at('app')], at('state'));
    configure(at('app'));
    symlinkSync(at('app/milton.config.ts'), at('mine/milton.config.ts'));
    symlinkSync(at('app'), at('link'));
    expect(look(at('mine'))).toMatchObject(refused(at('mine/milton.config.ts'), at('app')));
    expect(look(at('link'))).toMatchObject(refused(at('link/milton.config.ts'), at('app')));
    rmSync(at('mine/milton.config.ts'));
    writeFileSync(at('mine/milton.config.ts'), '');
    symlinkSync(at('app/.env'), at('mine/.env'));
    expect(look(at('mine'))).toMatchObject(refused(at('mine/.env'), at('app')));
  });

  test('a .env without any configuration is not believed there either', () => {
    recordAgentFolders([at('app')], at('state'));
    writeFileSync(at('app/.env'), 'CLAUDE_BIN=./theirs\n');
    const { bin, problem } = look(at('app'));
    expect([bin, problem?.what]).toEqual(['claude', expect.stringMatching(/^there is none in/)]);
  });

  test('the configuration in ~/.config/milton is taken instead, and that is told', () => {
    configure(dirname(record()), 'CLAUDE_BIN=mine\n');
    recordAgentFolders([at('app')], at('state'));
    configure(at('app'));
    expect(look(at('app'))).toMatchObject({
      path: own('milton.config.ts'),
      bin: 'mine',
      problem: undefined,
      passed: { where: at('app/milton.config.ts'), repair: `${own('milton.config.ts')} is taken instead` },
    });
    // Of what is named nothing else is taken.
    expect(look(at('app'), {}, 'milton.config.ts')).toMatchObject(refused(at('app/milton.config.ts'), at('app')));
  });

  test('a TARGET_REPO that is no checkout refuses nothing: its path may just be wrong', () => {
    configure(at('mine'), `TARGET_REPO=${root}\n`);
    expect(look(at('mine')).problem).toBeUndefined();
  });
});

describe('T7: what others could have written is not run', () => {
  test.each([
    ['milton.config.ts', 0o646],
    ['.env', 0o646],
    ['.env', 0o664],
  ])('%s with mode %o', (name, mode) => {
    configure(at('mine'));
    chmodSync(join(at('mine'), name), mode);
    expect(look(at('mine'))).toMatchObject({
      bin: 'claude',
      problem: {
        where: join(at('mine'), name),
        what: 'can be written to by other users',
        repair: expect.stringContaining('chmod'),
      },
    });
  });

  test.runIf(process.getuid?.() === 0).each(['milton.config.ts', '.env'])('%s of another user', (name) => {
    configure(at('mine'));
    chownSync(join(at('mine'), name), 12_345, 12_345);
    expect(look(at('mine'))).toMatchObject({
      bin: 'claude',
      problem: { where: join(at('mine'), name), what: 'belongs to another user' },
    });
  });

  test('a .env with secrets that is a symbolic link; one without may be', () => {
    configure(at('mine'));
    rmSync(at('mine/.env'));
    writeFileSync(at('secrets'), 'CLAUDE_BIN=mine\n', { mode: 0o600 });
    symlinkSync(at('secrets'), at('mine/.env'));
    expect(look(at('mine'))).toMatchObject({ bin: 'mine', problem: undefined });
    writeFileSync(at('secrets'), 'CLAUDE_BIN=mine\nNTFY_TOKEN=tk_x\n');
    expect(look(at('mine'))).toMatchObject({
      bin: 'claude',
      problem: { what: 'holds secrets and is a symbolic link' },
    });
  });
});

describe('the record', () => {
  test('is for its owner alone, keeps what it has, and is not written anew for nothing', () => {
    recordAgentFolders([at('app')], at('state'));
    recordAgentFolders([at('other'), at('app')], at('state'));
    expect(JSON.parse(readFileSync(record(), 'utf8'))).toEqual({
      v: 1,
      folders: [at('app'), at('state/worktrees'), at('other')],
    });
    expect([record(), dirname(record())].map((path) => statSync(path).mode & 0o777)).toEqual([0o600, 0o700]);
    const { ino } = statSync(record());
    recordAgentFolders([at('app')], at('state'));
    expect(statSync(record()).ino).toBe(ino);
  });

  test('a planted link in its place is replaced, not followed', () => {
    mkdirSync(dirname(record()), { recursive: true });
    writeFileSync(at('precious'), 'mine');
    symlinkSync(at('precious'), record());
    symlinkSync(at('precious'), `${record()}.${process.pid}`);
    recordAgentFolders([at('app')], at('state'));
    expect(readFileSync(at('precious'), 'utf8')).toBe('mine');
    expect(statSync(record()).mode & 0o777).toBe(0o600);
  });

  test.each(['', '{', 'null', '{}', '{"folders":7}', '{"folders":[7,null,"relative"]}'])(
    '%j is as good as none',
    (text) => {
      mkdirSync(dirname(record()), { recursive: true });
      writeFileSync(record(), text);
      configure(at('app'));
      expect(look(at('app')).problem).toBeUndefined();
      recordAgentFolders([at('app')], at('state'));
      expect(look(at('app'))).toMatchObject(refused(at('app/milton.config.ts'), at('app')));
    },
  );
});
