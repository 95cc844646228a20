import type { Json } from '../json.ts';
import type { Logger } from '../services.ts';
import { LogFile } from './log-file.ts';
import { jsonLine, LEVELS, type LogLevel, type LogRecord, readableLine } from './log-line.ts';
import { writeStderr } from './log-stderr.ts';
import { logValue } from './log-value.ts';
import type { Redact } from './redact.ts';
import { sanitise } from './sanitise.ts';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly redact: Redact;
  /** Where the daily files go; none when absent. */
  readonly folder?: string;
  /** Takes the lines that somebody may be watching; standard error when absent. */
  readonly watch?: (line: string) => void;
  /** Lines for people instead of JSON; where standard error is a terminal when absent. */
  readonly readable?: boolean;
  readonly colour?: boolean;
  readonly now?: () => number;
}

/** The log of a running Milton. */
export interface MainLogger extends Logger, AsyncDisposable {
  /** Resolves when every line is written; later lines are dropped. */
  close(): Promise<void>;
}

/** What the line itself says, and no field may. */
const OWN = ['time', 'level', 'message'];

/** Opens the log: readable on a terminal, JSON lines elsewhere and in the daily file; every text sanitised and redacted. */
export async function createLogger(options: LoggerOptions): Promise<MainLogger> {
  // Loading winston takes longer than the rest of a short command.
  const [{ default: winston }, { default: Transport }] = await Promise.all([
    import('winston'),
    import('winston-transport'),
  ]);
  const { level, redact, folder, watch = writeStderr, colour = false, now = Date.now } = options;
  const readable = options.readable ?? process.stderr.isTTY === true;
  const clean = (text: string) => redact(sanitise(text));

  interface Entry {
    readonly record: LogRecord;
    readonly json: string;
  }

  class Sink extends Transport {
    readonly #write: (entry: Entry) => void;

    constructor(write: (entry: Entry) => void) {
      super();
      this.#write = write;
    }

    override log(entry: Entry, done: () => void): void {
      this.#write(entry);
      done();
    }
  }

  const show = ({ record, json }: Entry) => watch(readable ? readableLine(record, colour) : json);
  const file = folder === undefined ? undefined : new LogFile(folder);
  let complained = false;
  const keep = ({ record, json }: Entry) => {
    try {
      file?.write(json, Date.parse(record.time));
      complained = false;
    } catch (error) {
      // A full disk must not stop the daemon, nor fill the terminal.
      const told = {
        ...record,
        level: 'error' as const,
        message: clean(`The log file cannot be written: ${error}`),
        fields: {},
      };
      if (!complained) show({ record: told, json: jsonLine(told) });
      complained = true;
    }
  };

  const root = winston.createLogger({
    level,
    levels: { ...LEVELS },
    // The line is made once for both sinks; winston's own format would make it again.
    format: winston.format((info) => info)(),
    transports: [new Sink(show), ...(file ? [new Sink(keep)] : [])],
  });
  let closing: Promise<void> | undefined;

  const close = () => {
    closing ??= new Promise<void>((resolve) => root.once('finish', resolve).end()).then(() => {
      file?.[Symbol.dispose]();
    });
    return closing;
  };

  const logger = (bound: object): Logger => {
    const log = (at: LogLevel, message: string, meta: object = {}) => {
      if (closing || LEVELS[at] > LEVELS[level]) return;
      const fields = logValue({ ...bound, ...fieldsOf(meta) }, clean) as Record<string, Json>;
      for (const name of OWN) delete fields[name];
      const record: LogRecord = {
        time: new Date(now()).toISOString(),
        level: at,
        message: clean(String(message)),
        fields,
      };
      root.log({ level: at, message: '', record, json: jsonLine(record) });
    };
    return {
      debug: (message, meta) => log('debug', message, meta),
      info: (message, meta) => log('info', message, meta),
      warn: (message, meta) => log('warn', message, meta),
      error: (message, meta) => log('error', message, meta),
      child: (fields) => logger({ ...bound, ...fields }),
    };
  };
  return { ...logger({}), close, [Symbol.asyncDispose]: close };
}

/** An error given in place of fields is the field `error`. */
const fieldsOf = (meta: object) => (meta instanceof Error ? { error: meta } : meta);
