import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sign } from '../../src/plugins/authorise/signature.ts';
import { comes, type Line, type Machine } from './machine.ts';

/** They only look: each beside a running Milton that has finished a request, several at once. */
export const LOOKING: Readonly<Record<string, Line>> = {
  'milton --help': {},
  'milton --version': {},
  'milton approve': { code: 2 },
  'milton check': {},
  'milton completion --help': {},
  'milton completion bash': {},
  'milton completion fish': {},
  'milton completion zsh': {},
  'milton config': {},
  'milton cost': {},
  // Its topics are open to everybody, and there is no key yet.
  'milton doctor': { code: 7 },
  'milton logs': {},
  'milton logs -f': { until: /is ready/ },
  'milton prompt': { code: 2 },
  'milton prompt "CODE: add a login page"': {},
  'milton prompt "CODE: …"': {},
  'milton runs diff last': {},
  'milton runs list': {},
  'milton runs logs': { code: 2 },
  'milton runs logs last': {},
  'milton runs show': { code: 2 },
  'milton runs show last': {},
  'milton runs': {},
  'milton send': { code: 2 },
  'milton send --follow': { code: 2 },
  'milton start --help': {},
  'milton status': {},
  'chmod 600 .env': { folder: '.config/milton' },
  'git worktree list': {},
  'npm prefix -g': {},
  'node -e 0': {},
  'git config --global filter.NAME.clean "…"': {},
};

const risky = (machine: Machine) => machine.asked('CODE: delete the old page');

/** They change something: one after the other, in this order, beside the same Milton. */
export const CHANGING: Readonly<Record<string, Line>> = {
  'milton approve last': { before: risky },
  'milton approve k4m2xa': { before: risky },
  'milton deny last': { before: risky },
  'milton runs prune': {},
  'milton runs retry last': { before: (machine) => machine.finished('CODE: add a second page') },
  'milton runs cancel last': { before: risky },
  'milton doctor --fix': { code: [0, 7] },
  'git merge milton/req_k4m2xa-add-a-login-page': {},
  'git worktree remove --force ~/.local/state/milton/worktrees/req_k4m2xa': {
    async before(machine) {
      await machine.run('git worktree add ~/.local/state/milton/worktrees/req_aaaaaa');
      return 'req_aaaaaa';
    },
  },
  'milton send "STATUS"': {},
  'milton send -': { input: 'CODE: add a logout page' },
  'milton send "CODE: add a login page"': {},
};

/** Says "test" as the Shortcut does, once somebody listens. */
async function sayTest({ home, server }: Machine): Promise<void> {
  const { signing } = JSON.parse(readFileSync(join(home, '.config/milton/secrets.json'), 'utf8'));
  await comes(() => server.streams > 0);
  server.publish('asks', sign('test', signing[0].secret));
}

/** They need a machine on which no Milton runs and nobody has made a key: one after the other, in this order. */
export const ALONE: Readonly<Record<string, Line>> = {
  'milton keys new': {},
  'milton keys show': {},
  'milton keys qr': {},
  'milton keys test': { during: sayTest },
  'milton keys rotate': {},
  'milton keys totp': {},
  'milton start': { until: /is ready/ },
  'milton start -v': { until: /is ready/ },
  'milton start --dry-run': { until: /is ready/ },
  'milton start --config FILE': { until: /is ready/ },
  "echo 'CODE: add a login page' | milton start --config try.config.ts": { folder: 'try', until: /finished/ },
};

/** What whoever runs the ntfy server types there, in this order. */
export const SERVER: readonly string[] = [
  'ntfy user add phone',
  'ntfy user add milton',
  'ntfy access phone your-ask-topic write-only',
  'ntfy access phone your-answer-topic read-only',
  'ntfy access milton your-ask-topic read-only',
  'ntfy access milton your-answer-topic write-only',
  'ntfy token add milton',
  'ntfy access everyone your-ask-topic write-only',
  'ntfy access phone your-ask-topic read-write',
];
