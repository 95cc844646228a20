import { everyText } from '../../pipeline/every-text.ts';
import type { Json } from '../../pipeline/json.ts';
import type { JobView } from '../../pipeline/store/job-store.ts';
import { safe, type Terminal, table } from '../command-line/terminal.ts';
import { moment, WAITS, worked } from '../command-line/wording.ts';

/** What is printed in full of what the steps had found; all else is in there. */
const REPORT = 'summary';

/** Prints everything known of one request: its times, its text, its slots, what came of it, and its notices. */
export function showRun(job: JobView, results: Readonly<Record<string, Json>>, terminal: Terminal): void {
  const { id, state, lane, message, attempt, createdAt, startedAt, finishedAt, retryOf, cancelRequested } = job;
  const more = state === 'held' ? `, ${WAITS}` : cancelRequested && state === 'active' ? ', being cancelled' : '';
  terminal.print(`${terminal.style('bold', id)} ${state}${more}`);
  const rows = [
    ['  lane', safe(lane)],
    ['  from', safe(message.topic ? `${message.transport} (${message.topic})` : message.transport)],
    ['  received', moment(createdAt)],
    ...(startedAt === undefined
      ? []
      : [['  started', `${moment(startedAt)}${attempt > 1 ? `, attempt ${attempt}` : ''}`]]),
    ...(finishedAt === undefined ? [] : [['  finished', moment(finishedAt)]]),
    ...(startedAt === undefined ? [] : [['  worked', worked(job, Date.now())]]),
    ...(retryOf === undefined ? [] : [['  retry of', retryOf]]),
  ];
  for (const line of table(rows)) terminal.print(line);
  block(terminal, 'Request', message.text);
  for (const [name, value] of Object.entries(job.slots)) {
    block(terminal, safe(name), typeof value === 'string' ? value : JSON.stringify(everyText(value, shown), null, 2));
  }
  const { report } = (results[REPORT] ?? {}) as { report?: unknown };
  if (typeof report === 'string') block(terminal, 'Report', report.trim());
  if (job.notices.length > 0) terminal.print(terminal.style('bold', 'Notices'));
  for (const { notice, sent } of job.notices) {
    terminal.print(`  ${safe(notice.title)}${sent ? '' : ' (not sent yet)'}`);
    for (const line of notice.body ? lines(notice.body) : []) terminal.print(`    ${line}`);
  }
}

function block(terminal: Terminal, title: string, text: string): void {
  terminal.print(terminal.style('bold', title));
  for (const line of lines(text)) terminal.print(`  ${line}`);
}

const shown = (text: string) => safe(text, { lines: true });
const lines = (text: string) => shown(text).split('\n');
