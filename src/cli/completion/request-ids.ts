import { locate } from '../../../config/locate.ts';
import { keyFile } from '../../pipeline/services/keys/key-file.ts';
import { LiveKeys } from '../../pipeline/services/keys/live-keys.ts';
import { liveRedactor } from '../../pipeline/services/keys/live-redactor.ts';
import type { JobState } from '../../pipeline/store/job-store.ts';
import { FINISHED, OPEN } from '../../plugins/commands/find.ts';
import { hideWith } from '../command-line/terminal.ts';
import { told } from '../command-line/wording.ts';
import { observe } from '../installation/observe.ts';
import { foldersOf, prepare } from '../installation/prepare.ts';
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
    await using store = await openStore(config);
    const states = Object.hasOwn(STATES, command) ? STATES[command] : undefined;
    const jobs = (await store?.list({ newestFirst: true, limit: SHOWN, ...(states ? { states } : {}) })) ?? [];
    return [last, ...jobs.map((job) => ({ word: job.id, about: `${job.state}: ${told(job)}` }))];
  } catch {
    return [last];
  }
}

/** The store where it usually is, since the configuration takes longer to load than a shell may wait; else where that says. */
async function openStore(config: string | undefined): Promise<ReturnType<typeof observe>> {
  const { environment } = locate({ named: config, folder: process.cwd(), processEnv: process.env, overrides: {} });
  hideWith(liveRedactor(environment.secrets, new LiveKeys(keyFile())));
  return (
    observe({ config: undefined, folders: foldersOf(environment) }) ??
    observe(await prepare(config === undefined ? {} : { config }))
  );
}
