import { dirname } from 'node:path';
import type { JobStore, JobView } from '../../pipeline/store/job-store.ts';
import { type Holder, holder } from '../../pipeline/store/sqlite.ts';
import type { Run } from '../command-line/command.ts';
import { safe, type Terminal, table } from '../command-line/terminal.ts';
import { duration, moment, told, worked } from '../command-line/wording.ts';
import { databaseFile } from '../installation/database-file.ts';
import { observe } from '../installation/observe.ts';
import { type Prepared, prepare } from '../installation/prepare.ts';

interface Connection {
  readonly transport: string;
  readonly state: string;
  readonly why: string | undefined;
  readonly at: string | undefined;
}

interface Status {
  readonly daemon: Holder | undefined;
  readonly connections: readonly Connection[];
  readonly active: readonly JobView[];
  readonly queued: readonly JobView[];
  readonly held: readonly JobView[];
  readonly last: JobView | undefined;
}

/** `milton status`: what a running Milton does, seen from beside it. */
export const status: Run = async ({ flags, terminal }) => {
  const prepared = await prepare(flags);
  const found = await look(prepared);
  if (flags.json) terminal.printJson(asJson(found));
  else show(found, terminal);
  if (prepared.problems.length > 0) terminal.talk('The configuration has problems: run milton check');
  return 0;
};

async function look(prepared: Prepared): Promise<Status> {
  const daemon = holder(dirname(databaseFile(prepared)));
  await using store = observe(prepared);
  if (!store) return { daemon, connections: [], active: [], queued: [], held: [], last: undefined };
  const names = prepared.config?.transports.map(({ name }) => name) ?? [];
  const [active, queued, held, [last], connections] = await Promise.all([
    store.list({ states: ['active'] }),
    store.list({ states: ['queued'] }),
    store.list({ states: ['held'] }),
    store.list({ newestFirst: true, limit: 1 }),
    Promise.all(names.map((name) => connection(store, name))),
  ]);
  return { daemon, connections, active, queued, held, last };
}

async function connection(store: JobStore, transport: string): Promise<Connection> {
  const health = (await store.recall(`health:${transport}`)) as Partial<Record<string, unknown>> | undefined;
  const text = (key: string) => (typeof health?.[key] === 'string' ? health[key] : undefined);
  return { transport, state: text('state') ?? 'never connected', why: text('why'), at: text('since') ?? text('at') };
}

function show({ daemon, connections, active, queued, held, last }: Status, terminal: Terminal): void {
  const now = Date.now();
  if (daemon) {
    const since = daemon.since ? `, for ${duration(now - Date.parse(daemon.since))}` : '';
    terminal.print(`${terminal.style('green', 'Milton is running')} (process ${daemon.pid ?? 'unknown'}${since}).`);
  } else {
    terminal.print(`${terminal.style('yellow', 'Milton is not running.')} Start it: milton start`);
  }
  const rows = connections.map(({ transport, state, why, at }) => [
    `  ${safe(transport)}`,
    daemon ? safe(state) : `${safe(state)}, when it last ran`,
    [at ? `since ${moment(Date.parse(at))}` : '', why ? safe(why) : ''].filter(Boolean).join(': '),
  ]);
  section(terminal, 'Connections', table(rows));
  section(
    terminal,
    'Working on',
    table(active.map((job) => [`  ${job.id}`, safe(job.lane), worked(job, now), told(job)])),
  );
  section(terminal, 'Waiting', table(queued.map((job) => [`  ${job.id}`, safe(job.lane), told(job)])));
  section(terminal, 'Waiting for your answer', table(held.map((job) => [`  ${job.id}`, told(job)])));
  if (last) terminal.print(`Last request ${duration(now - last.createdAt)} ago: ${last.id} ${last.state}.`);
  else terminal.print('No request yet. Send one: milton send "CODE: …"');
}

function section(terminal: Terminal, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  terminal.print(terminal.style('bold', `${title}:`));
  for (const line of lines) terminal.print(line);
}

function asJson({ daemon, connections, active, queued, held, last }: Status): object {
  const brief = ({ id, lane, state, createdAt, startedAt, message }: JobView) => {
    return { id, lane, state, text: message.text, createdAt, startedAt };
  };
  return {
    v: 1,
    running: daemon !== undefined,
    ...(daemon ? { daemon } : {}),
    connections,
    active: active.map(brief),
    queued: queued.map(brief),
    held: held.map(brief),
    ...(last ? { last: brief(last) } : {}),
  };
}
