import { join } from 'node:path';
import type { Run } from '../command-line/command.ts';
import { jsonLine } from '../command-line/terminal.ts';
import { told, worked } from '../command-line/wording.ts';
import { watchRunning } from '../installation/is-running.ts';
import { withRun } from './found-run.ts';
import { runLog } from './run-log.ts';
import { entryAsJson, showEntry } from './show-entry.ts';

/** `milton runs logs ID [-f]`: what was said about a request, and what its agent said and did. */
export const logs: Run = (invocation) =>
  withRun(invocation, async ({ prepared, store, job }) => {
    const { flags, terminal } = invocation;
    const follow = flags.follow === true;
    if (!flags.json) terminal.print(`${terminal.style('bold', job.id)} ${told(job)}`);
    using _told = follow && job.finishedAt === undefined ? watchRunning(prepared, terminal) : undefined;
    const folder = join(prepared.folders.state, 'agents');
    for await (const entry of runLog(job.id, { store, folder, follow })) {
      if (flags.json) terminal.print(jsonLine(entryAsJson(entry)));
      else showEntry(entry, terminal);
    }
    const last = await store.get(job.id);
    if (!flags.json && last)
      terminal.talk(`${job.id} is ${last.state}, after ${worked(last, Date.now()) || 'no work'}.`);
    return follow && last?.state !== 'done' ? 1 : 0;
  });
