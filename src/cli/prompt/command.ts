import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const prompt: Command = {
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
};
