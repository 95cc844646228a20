import { MiltonError } from '../../pipeline/errors.ts';

/** What each exit code means; `--help` lists them. */
export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: 'done',
  1: 'failed',
  2: 'wrong use of the command line',
  3: 'wrong configuration',
  4: 'a login was refused',
  5: 'the network or the server did not take it',
  6: 'an agent is not installed',
  7: 'milton doctor found nothing but warnings',
  75: 'already running',
  129: 'stopped because its terminal was closed (SIGHUP)',
  130: 'stopped by Ctrl-C (SIGINT), or cancelled at a question',
  143: 'stopped by SIGTERM',
};

/** The exit code of a wrong configuration. */
export const INVALID = 3;
/** What `milton doctor` ends with beside: a login, the network or a server, an agent that is not there; nothing but warnings. */
export const REFUSED = 4;
export const UNREACHABLE = 5;
export const NO_AGENT = 6;
export const WARNED = 7;

const CODES: Readonly<Record<string, number>> = {
  USAGE: 2,
  CONFIG: INVALID,
  TRANSPORT: 5,
  ALREADY_RUNNING: 75,
  CANCELLED: 130,
};

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  return error instanceof MiltonError ? (CODES[error.code] ?? 1) : 1;
}

/** An error in how a command was called. */
export function usageError(message: string, hint?: string): MiltonError {
  return new MiltonError('USAGE', message, { hint });
}
