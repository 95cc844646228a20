import { beginning } from '../../../pipeline/excerpt.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import { Environment, ProcessRunner } from '../../../pipeline/services.ts';
import { shortLine } from '../../../pipeline/short-line.ts';
import type { Get } from '../../../pipeline/token.ts';
import { Git } from '../../execute/git/git.ts';
import { childEnvironment } from '../../execute/process/child-environment.ts';

const COUNT = 5;
const LENGTH = 72;
/** Longer than git takes in any repository; a request does not wait for one that hangs. */
const PATIENCE = 1_000;

/** A reader of the subjects of the newest commits of the checkout at a path; none where git does not answer. */
export function commitsReader(get: Get): (path: string) => Promise<string[]> {
  const [runner, environment, clean] = [get(ProcessRunner), get(Environment), cleaner(get(Redact))];
  return async (path) => {
    const git = new Git(runner, path, childEnvironment(environment)).until(AbortSignal.timeout(PATIENCE));
    const { exitCode, stdout } = await git.try('log', `-${COUNT}`, '--format=%s', '--encoding=UTF-8');
    if (exitCode !== 0) return [];
    const subjects = stdout.split('\n').map((line) => shortLine(clean(beginning(line, LENGTH)), LENGTH));
    return subjects.filter((subject) => subject !== '').slice(0, COUNT);
  };
}
