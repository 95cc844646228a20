import { setTimeout as sleep } from 'node:timers/promises';
import { everyText } from '../../pipeline/every-text.ts';
import type { Json } from '../../pipeline/json.ts';
import { LEVELS, type LogLevel, readableLine } from '../../pipeline/services/log-line.ts';
import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { jsonLine, safe, type Terminal } from '../command-line/terminal.ts';
import { wholeNumber } from '../command-line/whole-number.ts';
import { moment } from '../command-line/wording.ts';
import { tellWhetherRunning } from '../installation/is-running.ts';
import { prepare } from '../installation/prepare.ts';
import { LOG_LEVELS } from './command.ts';
import { DailyLogs } from './daily-logs.ts';

const LINES = 50;
/** How often it is looked whether something has come, in ms. */
const LOOK = 250;

type Fields = Readonly<Record<string, Json>>;

/** `milton logs [-f]`: the end of the daily log files, and what is added to them. */
export const logs: Run = async ({ flags, terminal }) => {
  const level = (flags.level ?? 'debug') as LogLevel;
  if (!LOG_LEVELS.includes(level))
    throw usageError(`There is no level "${level}".`, `Levels: ${LOG_LEVELS.join(', ')}.`);
  const count = wholeNumber('lines', flags.lines, { usual: LINES });
  const prepared = await prepare(flags);
  await using found = new DailyLogs(prepared.folders.logs, (line) => wanted(line, level));
  const show = flags.json ? (line: Fields) => terminal.print(jsonLine({ ...line, v: 1 })) : shower(terminal);
  const last = await found.last(count);
  for (const line of last) show(line);
  if (!flags.follow) {
    if (last.length === 0) terminal.talk(`Nothing is logged in ${safe(prepared.folders.logs)}.`);
    return 0;
  }
  tellWhetherRunning(prepared, terminal);
  for (;;) {
    for await (const line of found.more()) show(line);
    await sleep(LOOK);
  }
};

/** The fields of a line that is important enough; what is no line of a log counts, as its text. */
function wanted(line: string, level: LogLevel): Fields | undefined {
  const fields = fieldsOf(line);
  const rank = LEVELS[fields.level as LogLevel] ?? LEVELS.error;
  return rank <= LEVELS[level] ? fields : undefined;
}

function fieldsOf(line: string): Fields {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {
    // Torn, since the disk was full, say.
  }
  return { message: line };
}

/** Prints lines as `milton start` does on a terminal, with the day wherever another one begins. */
function shower(terminal: Terminal): (line: Fields) => void {
  const colour = terminal.style('dim', 'x') !== 'x';
  let day = '';
  return (line) => {
    const { time, level, message = '', ...fields } = everyText(line, (text) => safe(text, { lines: true })) as Fields;
    const at = Date.parse(String(time));
    if (Number.isNaN(at) || !LOG_LEVELS.includes(level as LogLevel)) {
      terminal.print(String(message));
      return;
    }
    const own = moment(at).slice(0, 10);
    if (own !== day) terminal.print(terminal.style('dim', own));
    day = own;
    const record = { time: String(time), level: level as LogLevel, message: String(message), fields };
    terminal.print(readableLine(record, colour).trimEnd());
  };
}
