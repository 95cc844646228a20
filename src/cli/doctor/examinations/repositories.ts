import type { Repository } from '../../../pipeline/services.ts';
import { isOlder } from '../../../plugins/execute/agents/version.ts';
import { Git } from '../../../plugins/execute/git/git.ts';
import { at, type Examination, type Finding } from '../examination.ts';
import type { Patient } from '../patient.ts';
import { failing, topicOf } from './configuration.ts';

/** The oldest git that Milton was tried with. */
const OLDEST = [2, 31, 0] as const;
const { ok, warning, failure } = at('repositories');

/** Whether git is there, and every repository has a commit that work can begin at. */
export const repositories: Examination = {
  topic: 'repositories',
  async examine(patient, signal) {
    const { problems, repositories: all } = patient.prepared;
    const bad = problems.filter((each) => topicOf(each) === 'repositories');
    const git = await gitProblem(patient, signal);
    if (git) return [git, ...bad.map(failing)];
    const isBad = ({ name }: Repository) => bad.some(({ where }) => `${where}.`.startsWith(`repositories.${name}.`));
    const usable = all.filter((each) => !isBad(each));
    return [...bad.map(failing), ...(await Promise.all(usable.map((each) => lookAt(each, patient, signal))))];
  },
};

async function gitProblem({ run }: Patient, signal: AbortSignal): Promise<Finding | undefined> {
  const asked = await run('git', ['--version'], signal);
  const repair = 'Install a newer git: sudo apt-get install git, or brew install git';
  if (asked.failure === 'missing') return failure('git', 'git is not installed', { repair });
  const [version, ...parts] = /(\d+)\.(\d+)\.?(\d*)/.exec(asked.stdout) ?? [];
  if (version === undefined) {
    return failure('git', `git does not work: ${asked.stderr.trim() || 'it names no version'}`, {
      repair: 'Run: git --version',
    });
  }
  if (!isOlder(parts.map(Number), OLDEST)) return undefined;
  return failure('git', `git ${version} is too old: Milton needs ${OLDEST.slice(0, 2).join('.')} or newer`, { repair });
}

async function lookAt({ name, path, isolation }: Repository, patient: Patient, signal: AbortSignal): Promise<Finding> {
  const git = new Git(patient.runner, path, patient.childEnv, { signal });
  const asked = await git.try('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  const broken = (said: string) =>
    failure(name, `git does not work in ${path}: ${said}`, { repair: `Run: git -C ${path} status` });
  if (asked.exitCode !== 0 && asked.stderr.trim() !== '') return broken(asked.stderr.trim());
  if (asked.exitCode !== 0) {
    return failure(name, `${path} has no commit yet`, {
      why: 'Work begins at a commit, in a copy of its own.',
      repair: `Run: git -C ${path} commit --allow-empty -m "Start"`,
    });
  }
  const changes = await git.try('status', '--porcelain');
  if (changes.exitCode !== 0) return broken(changes.stderr.trim());
  const count = changes.stdout.split('\n').filter(Boolean).length;
  if (count === 0) return ok(name, `${name}: ${path}`);
  const told = `${name}: ${path}, with ${count} uncommitted change${count === 1 ? '' : 's'}`;
  if (isolation !== 'in-place') return ok(name, `${told}, which requests do without`);
  return warning(name, told, {
    why: "Requests are refused here as long as there are some, since isolation is 'in-place'.",
    repair: `Commit or stash them: git -C ${path} stash`,
  });
}
