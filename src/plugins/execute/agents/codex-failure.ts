import type { Clean } from '../../../pipeline/services/clean.ts';
import { shortLine } from '../../../pipeline/short-line.ts';
import type { CliEnd } from '../process/run-cli.ts';
import type { Failure } from './cli-agent.ts';
import { exitOf, parseLine, REASON, sentence } from './wording.ts';

const UPDATE = 'npm install -g @openai/codex';
const HOW = 'Run "codex login" in a terminal on this machine, or set CODEX_API_KEY.';

/** What to do where the login is missing. */
export const LOG_IN = `Codex is not logged in. ${HOW}`;

/** Why Codex refuses its arguments, by what it writes to standard error; undefined where it does not. */
export function argumentProblem(stderr: string): string | undefined {
  const [, unknown] = /unexpected argument '([^']+)'/.exec(stderr) ?? [];
  if (unknown) return `This Codex does not know ${unknown}. Update it: ${UPDATE}`;
  const [, refused] = /^error: (.*(?:invalid value|cannot be used|required).*)$/m.exec(stderr) ?? [];
  return refused === undefined ? undefined : `Codex refuses how it is configured: ${sentence(refused)}`;
}

/** What the message of an `error` event means: the end, or an attempt to go on, told in a line for someone who waits. */
export function codexError(message = ''): { readonly message: string; readonly retry?: string; waiting: boolean } {
  const [retries, attempt, of] = /^Reconnecting\W*(?:(\d+)\/(\d+))?/.exec(message) ?? [];
  if (retries === undefined) return { message, waiting: false };
  if (attempt) return { message, retry: `no answer from the model, attempt ${attempt} of ${of}`, waiting: false };
  return { message, retry: 'no connection to the model, waiting for the network', waiting: true };
}

/** What the message of a failed turn means. Only its beginning is Codex's own; behind it may stand what the service wrote. */
export function codexFailure(message: string, clean: Clean): Failure {
  const status = /^(?:unexpected status|exceeded retry limit, last status:) (\d{3})\b/.exec(message)?.[1];
  if (status === '401') return { cause: 'login', reason: `The model's service refused the login (401). ${HOW}` };
  if (/^Not logged in/i.test(message)) return { cause: 'login', reason: LOG_IN };
  const reason = inWords(message, clean);
  if (/^Missing environment variable/.test(message))
    return { cause: 'login', reason: `${reason} Set it, and name it in the agent's envPass.` };
  return { cause: status === '429' || LIMIT.test(message) ? 'limit' : 'model', reason };
}

const LIMIT =
  /^(?:Quota exceeded|rate limit exceeded|You.ve hit your usage limit|To use Codex with your ChatGPT plan)/i;

function inWords(message: string, clean: Clean): string {
  // A request that was refused as a whole (400) is told as the service's raw answer.
  const { error, detail } = (parseLine(message) ?? {}) as { error?: { message?: unknown } | null; detail?: unknown };
  const found = [error?.message, detail, message].find((each) => typeof each === 'string' && each !== '');
  const words = String(found ?? 'It ended with an error').replace(/, (?:url|request id|cf-ray): [^\s,]+/g, '');
  return sentence(shortLine(clean(words), REASON));
}

/** Why Codex has ended in the middle, by its standard error. */
export function codexUnfinished(end: CliEnd, clean: Clean): Failure {
  const problem = argumentProblem(end.stderr);
  if (problem) return { cause: 'other', reason: problem };
  if (/Not inside a trusted directory/.test(end.stderr))
    return { cause: 'other', reason: `This Codex works only in folders it trusts. Update it: ${UPDATE}` };
  const [said = ''] = end.stderr.split(/^Stack backtrace:/m);
  const lines = said.split('\n').map((each) => each.trim());
  const last = lines.findLast((each) => each !== '' && !NOISE.test(each))?.replace(/^Error: /, '');
  const why = last ? `: ${sentence(shortLine(clean(last), REASON))}` : '.';
  return { cause: 'crash', reason: `It ended without a result (${exitOf(end)})${why}` };
}

/** What it writes to standard error in good days, too. */
const NOISE = /could not create PATH aliases|^Reading (?:additional input|prompt) from stdin/;
