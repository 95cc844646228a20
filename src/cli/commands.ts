import type { Command, OptionSpec } from './command.ts';

/** Options that every command knows. */
export const COMMON: Readonly<Record<string, OptionSpec>> = {
  config: { type: 'string', value: 'FILE', help: 'use this configuration instead of ./milton.config.ts' },
  verbose: { type: 'boolean', short: 'v', help: 'say more, and show where errors come from' },
  'no-color': { type: 'boolean', help: 'no colours (also with NO_COLOR set)' },
  help: { type: 'boolean', short: 'h', help: 'explain the command' },
};

const JSON_FLAG: OptionSpec = { type: 'boolean', help: 'print JSON: { "v": 1, … }' };

/** Every command, in the order `--help` lists them. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  start: {
    usage: ['start [--dry-run] [-v] [--config FILE]'],
    summary: 'listen for requests and work on them, until it is stopped',
    options: { 'dry-run': { type: 'boolean', help: 'do everything but run the agent' } },
    words: 0,
    examples: [
      ['milton start', 'listen and work; Ctrl-C ends it in order, a second one at once'],
      ['milton start --dry-run -v', 'try a configuration out'],
    ],
    load: async () => (await import('./start.ts')).start,
  },
  send: {
    usage: ['send "CODE: …"'],
    summary: 'send a request as the phone would',
    options: {},
    words: 1,
    examples: [
      ['milton send "CODE: add a login page"', 'a change to the code'],
      ['milton send "RESEARCH @app: which router fits?"', 'a question, about one repository'],
      ['echo "CODE: add a login page" | milton send -', 'the text from standard input'],
    ],
    load: async () => (await import('./send.ts')).send,
  },
  prompt: {
    usage: ['prompt [--web] [--json] "CODE: …"'],
    summary: 'what the agent would get for a request, with the length of each section',
    options: {
      web: { type: 'boolean', help: 'research as a request would, which may ask the web and cost something' },
      json: JSON_FLAG,
    },
    words: 1,
    examples: [
      ['milton prompt "CODE: add a login page"', 'the prompt, without notes from the web'],
      ['milton prompt --web "CODE @app: fix the login"', 'the prompt as it would be, about one repository'],
      ['echo "CODE: add a login page" | milton prompt -', 'the request from standard input'],
    ],
    load: async () => (await import('./prompt.ts')).prompt,
  },
  status: {
    usage: ['status [--json]'],
    summary: 'whether Milton runs, what it hears, what it works on',
    options: { json: JSON_FLAG },
    words: 0,
    examples: [['milton status', 'the state of this machine’s Milton']],
    load: async () => (await import('./status.ts')).status,
  },
  runs: {
    usage: ['runs list [--state STATE] [--limit N] [--json]', 'runs show ID [--json]', 'runs prune [--older-than 90d]'],
    summary: 'what was asked and what became of it',
    options: {
      state: {
        type: 'string',
        value: 'STATE',
        help: 'only: queued, active, done, failed, cancelled, expired, interrupted',
      },
      limit: { type: 'string', value: 'N', help: 'at most this many (20)' },
      'older-than': { type: 'string', value: 'AGE', help: 'prune: what finished longer ago (90d; also 12h, 2w)' },
      json: JSON_FLAG,
    },
    words: 2,
    examples: [
      ['milton runs list', 'the newest requests'],
      ['milton runs show last', 'everything known of the newest one'],
      ['milton runs prune --older-than 30d', 'delete old requests with their outputs and logs'],
    ],
    load: async () => (await import('./runs.ts')).runs,
  },
  approve: {
    usage: ['approve ID'],
    summary: 'say yes to what a request asks, also where the phone may not',
    options: {},
    words: 1,
    examples: [
      ['milton approve k4m2xa', 'the request of this id goes on'],
      ['milton approve last', 'the newest one that is open'],
    ],
    load: async () => (await import('./approve.ts')).approve,
  },
  deny: {
    usage: ['deny ID'],
    summary: 'say no to what a request asks',
    options: {},
    words: 1,
    examples: [['milton deny k4m2xa', 'the request of this id is not run']],
    load: async () => (await import('./approve.ts')).deny,
  },
  keys: {
    usage: ['keys new', 'keys show [--secret] [--json]', 'keys qr', 'keys test', 'keys rotate', 'keys totp [--new]'],
    summary: 'what your phone signs its messages with',
    options: {
      secret: { type: 'boolean', help: 'show: print the newest key itself' },
      new: { type: 'boolean', help: 'totp: make another secret; the one before no longer counts' },
      json: JSON_FLAG,
    },
    words: 1,
    examples: [
      ['milton keys new', 'make the first key'],
      ['milton keys qr', 'what the phone needs, to be scanned'],
      ['milton keys test', 'wait for a message, and say whether it is signed right'],
      ['milton keys rotate', 'make a new key; the last one counts until the next rotation'],
    ],
    load: async () => (await import('./keys/keys.ts')).keys,
  },
  config: {
    usage: ['config [--json]'],
    summary: 'every effective setting and where it comes from; secrets masked',
    options: { json: JSON_FLAG },
    words: 0,
    examples: [['milton config', 'the settings that `milton start` would use']],
    load: async () => (await import('./config.ts')).config,
  },
  check: {
    usage: ['check [--json]'],
    summary: 'everything that `milton start` would refuse',
    options: { json: JSON_FLAG },
    words: 0,
    examples: [['milton check', 'exit code 3 and a numbered list where something is wrong']],
    load: async () => (await import('./check.ts')).check,
  },
  demo: {
    usage: ['demo [--agent claude]'],
    summary: 'the whole way of a request, in a scratch repository, without any account',
    options: { agent: { type: 'string', value: 'NAME', help: 'rehearsal (a stand-in, the default) or claude' } },
    words: 0,
    examples: [
      ['milton demo', 'rehearsed by a stand-in for the agent'],
      ['milton demo --agent claude', 'with the real Claude Code and your login'],
    ],
    load: async () => (await import('./demo.ts')).demo,
  },
};
