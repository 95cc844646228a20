import type { JobState } from '../../pipeline/store/job-store.ts';
import { FINISHED, OPEN } from '../../plugins/commands/find.ts';
import { told } from '../command-line/wording.ts';
import { observe } from '../installation/observe.ts';
import { prepare } from '../installation/prepare.ts';
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
    await using store = observe(await prepare(config === undefined ? {} : { config }));
    const states = Object.hasOwn(STATES, command) ? STATES[command] : undefined;
    const jobs = (await store?.list({ newestFirst: true, limit: SHOWN, ...(states ? { states } : {}) })) ?? [];
    return [last, ...jobs.map((job) => ({ word: job.id, about: `${job.state}: ${told(job)}` }))];
  } catch {
    return [last];
  }
}
