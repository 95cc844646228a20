import { dirname } from 'node:path';
import { MiltonError } from '../../../pipeline/errors.ts';
import { holder, type Look, lookInto } from '../../../pipeline/store/sqlite.ts';
import { UNREACHABLE } from '../../command-line/exit-codes.ts';
import { duration } from '../../command-line/wording.ts';
import { databaseFile, usesSqlite } from '../../installation/database-file.ts';
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
    if (!prepared.config || !usesSqlite(prepared)) return [];
    const file = databaseFile(prepared);
    try {
      return lookAt(file, patient);
    } catch (error) {
      if (!(error instanceof MiltonError)) throw error;
      // What is wrong with a database is told where that is looked at.
      return error.code === 'STORE_OLDER' ? [ofOlder(isRunning(file))] : [];
    }
  },
};

const isRunning = (file: string): boolean => holder(dirname(file)) !== undefined;

/** What can be told of a database that only a start may bring up to date. */
const ofOlder = (running: boolean): Finding =>
  running
    ? ok('', 'An older Milton is running. It tells more once it was started again: milton service restart')
    : notRunning('; its database is of an older one');

function lookAt(file: string, patient: Patient): readonly Finding[] {
  const running = isRunning(file);
  using look = lookInto(file);
  if (!look) return [ok('', running ? 'Milton is running' : 'Milton has not run here yet. Start it: milton start')];
  const names = patient.partsWith('NTFY_BASE_URL').map(({ name }) => name);
  if (!running) return [stopped(look, names, patient)];
  return [...names.map((name) => connection(look, name, patient)), lastMessage(look, patient)];
}

function stopped({ kept }: Look, names: readonly string[], { machine }: Patient): Finding {
  const heard = Math.max(...names.map((name) => Number(kept(`cursor:${name}`).heard ?? 0)));
  const ago = heard > 0 ? `: it last heard the server ${duration(machine.now() - heard * 1000)} ago` : '';
  return notRunning(ago);
}

function notRunning(more: string): Finding {
  return warning('running', `Milton is not running${more}`, {
    why: 'What is sent meanwhile is lost when the server keeps it no longer, mostly after 12 h.',
    repair: 'Run: milton start, or milton service start',
  });
}

function connection({ kept }: Look, name: string, { machine }: Patient): Finding {
  const { state, why, since } = kept(`health:${name}`);
  const more = { ...(why ? { why: String(why) } : {}), repair: 'Run: milton status', exit: UNREACHABLE };
  if (state === 'deaf') return failure(name, `${name} is connected, and hears nothing`, more);
  const down = machine.now() - Date.parse(String(since));
  if (state === 'reconnecting' && down > BRIEFLY) {
    return failure(name, `${name} has had no connection for ${duration(down)}`, more);
  }
  return ok(name, `Milton is running, and ${name} is ${state ?? 'about to connect'}`);
}

function lastMessage({ heardAt: last }: Look, { machine }: Patient): Finding {
  if (last === undefined) return ok('message', 'No message has come yet. Say "status" to the phone');
  const ago = machine.now() - last;
  const what = `The last message came ${duration(ago)} ago`;
  if (ago < LONG) return ok('message', what);
  return warning('message', what, {
    why: 'Perhaps nobody asked for anything; perhaps the way from the phone is cut.',
    repair: 'Say "status" to the phone. If no answer comes: milton keys test',
  });
}
