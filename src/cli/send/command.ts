import type { Command } from '../command-line/command.ts';

export const send: Command = {
  usage: ['send [-f] [--json] "CODE: …"'],
  summary: 'send a request as the phone would',
  options: {
    follow: {
      type: 'boolean',
      short: 'f',
      help: 'show what is told of it until it is over; exit code 0 where it is done',
    },
    json: { type: 'boolean', help: 'with --follow: print JSON, one object a line' },
  },
  words: 1,
  examples: [
    ['milton send "CODE: add a login page"', 'a change to the code'],
    ['milton send "RESEARCH @app: which router fits?"', 'a question, about one repository'],
    ['milton send -f "CODE: add a login page"', 'and wait for its end'],
    ['echo "CODE: add a login page" | milton send -', 'the text from standard input'],
  ],
  load: async () => (await import('./send.ts')).send,
};
