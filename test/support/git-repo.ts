import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A scratch folder with an empty home and a git repository with one commit; disposed with all that is in it. */
export interface GitRepo extends Disposable {
  readonly root: string;
  readonly home: string;
  readonly state: string;
  readonly path: string;
  git(...args: readonly string[]): string;
}

export function gitRepo({ commit = true } = {}): GitRepo {
  const root = mkdtempSync(join(tmpdir(), 'milton-repo-'));
  const [home, state, path] = [join(root, 'home'), join(root, 'state'), join(root, 'app')];
  for (const each of [home, state]) mkdirSync(each);
  cpSync(sample(commit), path, { recursive: true });
  // What an agent has started to look after itself may still write into the home folder for a moment.
  const remove = () => rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  return { root, home, state, path, git: gitIn(path, home), [Symbol.dispose]: remove };
}

const gitIn = (path: string, home: string) => {
  const env = { PATH: process.env.PATH ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' };
  return (...args: readonly string[]) =>
    execFileSync('git', args, { cwd: path, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
};

const samples = new Map<boolean, string>();

/** A repository to copy, made once in a process: to copy it takes a fraction of the time that git takes. */
function sample(commit: boolean): string {
  const made = samples.get(commit);
  if (made !== undefined) return made;
  const path = mkdtempSync(join(tmpdir(), 'milton-sample-'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  samples.set(commit, path);
  const git = gitIn(path, path);
  git('init', '--quiet', '--initial-branch=main');
  for (const name of readdirSync(join(path, '.git/hooks'))) rmSync(join(path, '.git/hooks', name));
  git('config', 'user.name', 'Tester');
  git('config', 'user.email', 'tester@example.org');
  if (!commit) return path;
  writeFileSync(join(path, 'README.md'), 'An app.\n');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Start');
  return path;
}
