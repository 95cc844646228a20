import type { Clean } from '../../pipeline/services/clean.ts';
import { keyLines } from '../../pipeline/services/private-keys.ts';
import { Clock } from '../../pipeline/services.ts';
import { heardLine } from './heard.ts';
import type { AttemptParts } from './preparation.ts';

/** Tells the person now and then what the agent does: only what is told is cleaned, since an agent may say a great deal. */
export function tellProgress({ host, run, agent }: AttemptParts, clean: Clean): (line: string) => void {
  const { progressEvery } = host.options;
  const clock = host.get(Clock);
  const isOfKey = keyLines();
  let last = clock.now();
  return (line) => {
    if (isOfKey(line)) return;
    host.logger.debug(line, { run: run.id, agent: agent.name });
    if (progressEvery === 0 || clock.now() - last < progressEvery) return;
    last = clock.now();
    const title = `⏳ [${run.id}] ${agent.label}: ${heardLine(line, clean)}`;
    run.notify({ title, kind: 'progress', priority: 1 });
  };
}
