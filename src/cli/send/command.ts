import type { Command } from '../command-line/command.ts';

export const send: Command = {
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
};
