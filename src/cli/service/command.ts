import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const service: Command = {
  usage: [
    'service install [--print] [--force] [--config FILE]',
    'service uninstall [--force]',
    'service start | stop | restart',
    'service status [--json]',
    'service logs [-f]',
  ],
  summary: 'run Milton in the background, from login or boot on (on a Mac: untested)',
  options: {
    print: { type: 'boolean', help: 'install: print what would be installed, and change nothing' },
    force: { type: 'boolean', help: 'install, uninstall: also where somebody has edited what was installed' },
    follow: { type: 'boolean', short: 'f', help: 'logs: go on printing what comes' },
    json: JSON_FLAG,
  },
  words: 1,
  examples: [
    ['milton service install', 'start Milton now, after each crash and after each login'],
    ['milton service status', 'does it run, since when, and is the installed unit up to date?'],
    ['milton service restart', 'after a change of the configuration'],
    ['milton service logs -f', 'what it says'],
  ],
  load: async () => (await import('./service.ts')).service,
};
