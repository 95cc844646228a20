import type { Command } from '../command-line/command.ts';

export const init: Command = {
  usage: ['init [--yes] [OPTIONS]'],
  summary: 'set Milton up: a few questions, codes to scan, a first message',
  options: {
    yes: { type: 'boolean', short: 'y', help: 'ask nothing: take what the options say, else what is found or usual' },
    repository: { type: 'string', value: 'PATH', help: 'the checkout that requests work in' },
    agent: { type: 'string', value: 'NAME', help: 'who does the work: claude, codex, or rehearsal (a stand-in)' },
    server: { type: 'string', value: 'URL', help: 'the ntfy server (https://ntfy.sh)' },
    user: {
      type: 'string',
      value: 'NAME',
      help: 'the user there, with its password in NTFY_PASSWORD; or set NTFY_TOKEN',
    },
    'ask-topic': { type: 'string', value: 'NAME', help: 'the topic for requests (a long random name)' },
    'answer-topic': { type: 'string', value: 'NAME', help: 'the topic for answers (a long random name)' },
    send: {
      type: 'string',
      value: 'HOW',
      help: 'how the phone sends: shortcut (it signs), codes (typed, with a one-time code), acl (a server that keeps strangers out)',
    },
    replace: { type: 'boolean', help: 'make a new set-up where there is one; the old files are kept beside it' },
    'no-wait': { type: 'boolean', help: 'do not wait for a first message' },
  },
  words: 0,
  examples: [
    ['milton init', 'be asked'],
    ['milton init --yes --repository ~/src/app', 'be asked nothing'],
    [
      'milton init --server https://ntfy.example.com --send acl',
      'be asked the rest; NTFY_TOKEN is taken from the environment',
    ],
  ],
  load: async () => (await import('./init.ts')).init,
};
