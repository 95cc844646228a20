import type { JobView } from '../../pipeline/store/job-store.ts';
import { budgetLines } from '../../plugins/usage/budgets.ts';
import { safe, type Terminal, table } from '../command-line/terminal.ts';
import { duration, moment, told, worked } from '../command-line/wording.ts';
import { costTable } from '../cost/cost-table.ts';
import type { Connection, Status } from './look.ts';

/** Prints what `milton status` has found. */
export function showStatus(found: Status, terminal: Terminal): void {
  const { daemon, connections, heardAt, active, queued, held, last, budgets, costs } = found;
  const now = Date.now();
  if (daemon) {
    const since = daemon.since ? `, for ${duration(now - Date.parse(daemon.since))}` : '';
    terminal.print(`${terminal.style('green', 'Milton is running')} (process ${daemon.pid ?? 'unknown'}${since}).`);
  } else {
    terminal.print(`${terminal.style('yellow', 'Milton is not running.')} Start it: milton start`);
  }
  const heard =
    heardAt === undefined ? 'No message heard yet.' : `Last message heard ${ago(heardAt, now)}: ${moment(heardAt)}`;
  section(terminal, 'Connections', [
    ...table(connections.map((each) => connectionRow(each, daemon !== undefined))),
    ...(connections.length > 0 ? [`  ${heard}`] : []),
  ]);
  section(terminal, 'Working on', workRows(active, now));
  section(terminal, 'Waiting', table(queued.map((job) => [`  ${job.id}`, safe(job.lane), told(job)])));
  section(terminal, 'Waiting for your answer', table(held.map((job) => [`  ${job.id}`, told(job)])));
  const limits = budgets.flatMap(budgetLines).map((line) => `  ${line}`);
  section(terminal, 'Used up today', [...limits, ...costTable(costs, { days: false }).map((line) => `  ${line}`)]);
  if (last) terminal.print(`Last request ${ago(last.createdAt, now)}: ${last.id} ${last.state}.`);
  else terminal.print('No request yet. Send one: milton send "CODE: …"');
}

const ago = (at: number, now: number) => `${duration(now - at)} ago`;

function connectionRow({ transport, state, why, at }: Connection, running: boolean): string[] {
  return [
    `  ${safe(transport)}`,
    running ? safe(state) : `${safe(state)}, when it last ran`,
    [at ? `since ${moment(Date.parse(at))}` : '', why ? safe(why) : ''].filter(Boolean).join(': '),
  ];
}

/** A line for each request, and below it what it does now. */
function workRows(active: Status['active'], now: number): string[] {
  const lines = table(active.map((job) => [`  ${job.id}`, safe(job.lane), worked(job, now), told(job as JobView)]));
  return active.flatMap(({ doing }, at) => [lines[at]!, ...(doing === undefined ? [] : [`    now: ${doing}`])]);
}

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  terminal.print(terminal.style('bold', `${title}:`));
  for (const line of lines) terminal.print(line);
}
