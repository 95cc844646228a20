import { dirname } from 'node:path';
import { expandPath, loadEnvironment } from '../../../config/load-environment.ts';
import { ownFolder } from '../../../config/own-folder.ts';
import { keyFile } from '../../pipeline/services/keys/key-file.ts';
import { LiveKeys } from '../../pipeline/services/keys/live-keys.ts';
import { liveRedactor } from '../../pipeline/services/keys/live-redactor.ts';
import type { JobState } from '../../pipeline/store/job-store.ts';
import { FINISHED, OPEN } from '../../plugins/commands/find.ts';
import { hideWith } from '../command-line/terminal.ts';
import { told } from '../command-line/wording.ts';
import { observe } from '../installation/observe.ts';
import { foldersOf } from '../installation/prepare.ts';
import type { Suggestion } from './suggest.ts';

const SHOWN = 20;

/** What a command can be about, where that is not any request. */
const STATES: Readonly<Record<string, readonly JobState[]>> = {
  approve: ['held', 'active'],
  deny: ['held', 'active'],
  'runs cancel': OPEN,
  'runs retry': FINISHED,
};

/** The newest requests that a command can be about, and `last`; only that word where they cannot be read. */
export async function requestIds(command: string, config: string | undefined): Promise<readonly Suggestion[]> {
  const last = { word: 'last', about: 'the newest one' };
  try {
    await using store = openStore(config);
    const states = Object.hasOwn(STATES, command) ? STATES[command] : undefined;
    const jobs = (await store?.list({ newestFirst: true, limit: SHOWN, ...(states ? { states } : {}) })) ?? [];
    return [last, ...jobs.map((job) => ({ word: job.id, about: `${job.state}: ${told(job)}` }))];
  } catch {
    return [last];
  }
}

/**
 * The store where it usually is. A key is pressed in any folder, also in one of somebody else: no configuration is imported, and no
 * `.env` counts but that of this user, or that beside a named configuration.
 */
function openStore(config: string | undefined): ReturnType<typeof observe> {
  const folder = config === undefined ? ownFolder() : dirname(expandPath(config, process.cwd()));
  const environment = loadEnvironment({ processEnv: process.env, folder });
  hideWith(liveRedactor(environment.secrets, new LiveKeys(keyFile())));
  return observe({ config: undefined, folders: foldersOf(environment) });
}
