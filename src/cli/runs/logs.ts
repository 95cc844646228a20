import { join } from 'node:path';
import type { Run } from '../command-line/command.ts';
import { jsonLine, safe, type Terminal } from '../command-line/terminal.ts';
import { clock, told, worked } from '../command-line/wording.ts';
import { tellWhetherRunning } from '../installation/is-running.ts';
import { withRun } from './found-run.ts';
import { type LogEntry, runLog } from './run-log.ts';

/** `milton runs logs ID [-f]`: what was said about a request, and what its agent said and did. */
export const logs: Run = (invocation) =>
  withRun(invocation, async ({ prepared, store, job }) => {
    const { flags, terminal } = invocation;
    const follow = flags.follow === true;
    if (!flags.json) terminal.print(`${terminal.style('bold', job.id)} ${told(job)}`);
    if (follow && job.finishedAt === undefined) tellWhetherRunning(prepared, terminal);
    const folder = join(prepared.folders.state, 'agents');
    for await (const entry of runLog(job.id, { store, folder, follow })) {
      if (flags.json) terminal.print(jsonLine(asJson(entry)));
      else show(entry, terminal);
    }
    const last = await store.get(job.id);
    if (!flags.json && last)
      terminal.talk(`${job.id} is ${last.state}, after ${worked(last, Date.now()) || 'no work'}.`);
    return follow && last?.state !== 'done' ? 1 : 0;
  });

function show(entry: LogEntry, terminal: Terminal): void {
  switch (entry.type) {
    case 'state':
      return;
    case 'notice': {
      const { title, body } = entry.notice;
      terminal.print(`${terminal.style('dim', clock(entry.at))} ${safe(title)}`);
      for (const line of body ? safe(body, { lines: true }).split('\n') : []) terminal.print(`         ${line}`);
      return;
    }
    case 'output':
      for (const line of safe(entry.text, { lines: true }).split('\n')) {
        const from = entry.from === '' ? '' : `${terminal.style('dim', `${safe(entry.from)}:`)} `;
        terminal.print(`  ${terminal.style('dim', '│')} ${from}${line}`);
      }
  }
}

function asJson(entry: LogEntry): object {
  if (entry.type === 'output') return { v: 1, ...entry };
  const at = new Date(entry.at).toISOString();
  if (entry.type === 'state') return { v: 1, ...entry, at };
  const { title, body, kind } = entry.notice;
  return { v: 1, type: 'notice', at, title, body, kind };
}
