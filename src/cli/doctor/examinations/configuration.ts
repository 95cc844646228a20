import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Problem } from '../../../pipeline/setup/problems.ts';
import { INVALID } from '../../command-line/exit-codes.ts';
import { at, type Examination, type Finding, type Topic } from '../examination.ts';
import { withMode } from '../mend.ts';

const { ok } = at('configuration');

/** Everything `milton start` would refuse, but for what other examinations tell. */
export const configuration: Examination = {
  topic: 'configuration',
  async examine({ prepared, problems }) {
    const { path, config, warnings } = prepared;
    if (!config && !existsSync(path)) {
      return [
        missing(
          path,
          prepared.problems.some(({ where }) => where === path),
        ),
      ];
    }
    const found = [
      ...(await problems()).filter((each) => topicOf(each) === 'configuration').map(failing),
      ...warnings.filter((each) => topicOf(each) === 'configuration').map(warning),
    ];
    return found.length > 0 ? found : [ok('', path)];
  },
};

/** `named`: whether `--config` names it. */
const missing = (path: string, named: boolean): Finding => {
  const nowhere = `There is no configuration: neither ${dirname(path)} nor ~/.config/milton has one`;
  return at('configuration').failure('missing', named ? `${path} does not exist` : nowhere, {
    why: 'Without one, only this machine was looked at.',
    repair: named ? 'Correct --config, or run: milton init' : 'Run: milton init',
    exit: INVALID,
  });
};

const OF_FOLDERS = new Set(['STATE_DIR', 'OUTPUT_DIR', 'LOG_DIR', '~/.config/milton', 'sqlite({ file })']);
const OF_KEYS = new Set(['NO_KEY', 'KEYS_UNSAFE', 'KEYS_BROKEN']);

/** The examination that tells of a problem. */
export function topicOf({ where, code }: Problem): Topic {
  if (code !== undefined && OF_KEYS.has(code)) return 'keys';
  if (OF_FOLDERS.has(where)) return 'folders';
  return where.startsWith('repositories.') ? 'repositories' : 'configuration';
}

/** A problem that keeps Milton from starting, as a finding. */
export const failing = (problem: Problem): Finding => ({ ...told(problem), state: 'failure', exit: INVALID });

/** One that does not. */
export const warning = (problem: Problem): Finding => ({ ...told(problem), state: 'warning' });

function told(problem: Problem) {
  const { where, what, repair, mode } = problem;
  const topic = topicOf(problem);
  const id = where.startsWith(`${topic}.`) ? where : `${topic}.${basename(where).replace(/:\d+$/, '')}`;
  return { topic, id, what: `${where}: ${what}`, repair, ...(mode ? withMode(mode) : {}) };
}
