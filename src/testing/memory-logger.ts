import type { Logger } from '../pipeline/services.ts';

/** One line of a log in memory. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly meta: Readonly<Record<string, unknown>>;
}

/** A logger that keeps its lines, those of its children too. */
export function memoryLogger(lines: LogLine[] = [], fields: object = {}): Logger {
  const at =
    (level: LogLine['level']) =>
    (message: string, meta: object = {}) => {
      lines.push({ level, message, meta: { ...fields, ...meta } });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => memoryLogger(lines, { ...fields, ...more }),
  };
}
