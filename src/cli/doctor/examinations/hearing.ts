import { dirname } from 'node:path';
import type { JobStore } from '../../../pipeline/store/job-store.ts';
import { holder, readStore } from '../../../pipeline/store/sqlite.ts';
import { UNREACHABLE } from '../../command-line/exit-codes.ts';
import { duration } from '../../command-line/wording.ts';
import { checkStore } from '../../installation/check-store.ts';
import { databaseFile, usesSqlite } from '../../installation/database-file.ts';
import type { Prepared } from '../../installation/prepare.ts';
import { at, type Examination, type Finding } from '../examination.ts';
import type { Patient } from '../patient.ts';

/** How long nothing may come before that is worth a word, in ms. */
const LONG = 3 * 24 * 3_600_000;
/** How long a connection may be down before somebody should look, in ms. */
const BRIEFLY = 5 * 60_000;

const { ok, warning, failure } = at('hearing');

/** Whether Milton runs and hears its server, and when the last message came. */
export const hearing: Examination = {
  topic: 'hearing',
  async examine(patient) {
    const { prepared } = patient;
    if (!prepared.config || !usesSqlite(prepared) || !isSound(prepared)) return [];
    const file = databaseFile(prepared);
    const running = holder(dirname(file)) !== undefined;
    const store = readStore(file);
    if (!store) return [ok('', running ? 'Milton is running' : 'Milton has not run here yet. Start it: milton start')];
    try {
      return await ofStore(store, running, patient);
    } finally {
      await store.close();
    }
  },
};

/** What is wrong with it is told where databases are looked at. */
function isSound(prepared: Prepared): boolean {
  try {
    checkStore(prepared);
    return true;
  } catch {
    return false;
  }
}

async function ofStore(store: JobStore, running: boolean, patient: Patient): Promise<readonly Finding[]> {
  const names = patient.partsWith('NTFY_BASE_URL').map(({ name }) => name);
  if (!running) return [await stopped(store, names, patient)];
  const connections = await Promise.all(names.map((name) => connection(store, name, patient)));
  return [...connections.flat(), await lastMessage(store, patient)];
}

async function stopped(store: JobStore, names: readonly string[], { machine }: Patient): Promise<Finding> {
  const kept = await Promise.all(names.map((name) => store.recall(`cursor:${name}`)));
  const heard = Math.max(...kept.map((each) => Number((each as { heard?: unknown } | undefined)?.heard ?? 0)));
  const ago = heard > 0 ? `: it last heard the server ${duration(machine.now() - heard * 1000)} ago` : '';
  return warning('running', `Milton is not running${ago}`, {
    why: 'What is sent meanwhile is lost when the server keeps it no longer, mostly after 12 h.',
    repair: 'Run: milton start, or milton service start',
  });
}

async function connection(store: JobStore, name: string, { machine }: Patient): Promise<readonly Finding[]> {
  const health = ((await store.recall(`health:${name}`)) ?? {}) as Partial<Record<string, string>>;
  const { state, why = '', since = '' } = health;
  const more = { ...(why === '' ? {} : { why }), repair: 'Run: milton status' };
  if (state === 'deaf')
    return [failure(name, `${name} is connected, and hears nothing`, { ...more, exit: UNREACHABLE })];
  const down = machine.now() - Date.parse(since);
  if (state !== 'reconnecting' || !(down > BRIEFLY))
    return [ok(name, `Milton is running, and ${name} is ${state ?? 'starting'}`)];
  return [failure(name, `${name} has had no connection for ${duration(down)}`, { ...more, exit: UNREACHABLE })];
}

async function lastMessage(store: JobStore, { machine }: Patient): Promise<Finding> {
  const [last] = await store.list({ newestFirst: true, limit: 1 });
  if (!last) return ok('message', 'No message has come yet. Say "status" to the phone');
  const ago = machine.now() - last.createdAt;
  const what = `The last message came ${duration(ago)} ago`;
  if (ago < LONG) return ok('message', what);
  return warning('message', what, {
    why: 'Perhaps nobody asked for anything; perhaps the way from the phone is cut.',
    repair: 'Say "status" to the phone. If no answer comes: milton keys test',
  });
}
