// Broken set-ups on the machine itself: configuration, keys, folders, database, repositories, agents.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe } from 'vitest';
import { openStore } from '../../../src/pipeline/store/sqlite.ts';
import { type Clinic, configuration, keysText } from './clinic.ts';
import { diagnose } from './illness.ts';

const failure = { state: 'failure', code: 1 } as const;
const invalid = { state: 'failure', code: 3 } as const;
const warning = { state: 'warning', code: 7 } as const;

async function database(clinic: Clinic): Promise<string> {
  mkdirSync(clinic.path('state'), { mode: 0o700, recursive: true });
  await openStore(clinic.path('state/milton.db'), { mode: 'daemon' }).close();
  return clinic.path('state/milton.db');
}

describe('configuration', () =>
  diagnose([
    {
      ...invalid,
      name: 'a misspelt option',
      make: (clinic) => clinic.write('milton.config.ts', configuration({ agents: 'claude({ modle: "opus" })' })),
      id: 'configuration.claude()',
      what: /there is no option "modle"/,
      repair: /Did you mean "model"\?/,
    },
    {
      ...warning,
      name: 'a .env with secrets that others can read',
      make: (clinic) => chmodSync(clinic.path('.env'), 0o644),
      id: 'configuration..env',
      what: /other users of this machine can read the secrets in it/,
      repair: /^Run: chmod 600 .*\.env$/,
    },
    {
      ...failure,
      name: 'an old Node',
      make: (clinic) => Object.assign(clinic.machine, { nodeVersion: '22.21.1' }),
      id: 'node',
      what: /^Node\.js 22\.21\.1 is too old: Milton needs 24 or newer$/,
      repair: /nodejs\.org/,
    },
  ]));

describe('keys', () =>
  diagnose([
    {
      ...invalid,
      name: 'no key, though messages must be signed',
      make: (clinic) => {
        clinic.write('milton.config.ts', configuration({ authorise: "{ mode: 'signed' }" }));
        clinic.remove('.config/milton/secrets.json');
      },
      id: 'keys.authorise()',
      what: /must be signed, and there is no key yet/,
      repair: /^Make one: milton keys new\./,
    },
    {
      ...invalid,
      name: 'keys that others can read',
      make: (clinic) => clinic.write('.config/milton/secrets.json', keysText(), 0o644),
      id: 'keys',
      what: /^The keys are not used: other users can read .*secrets\.json\.$/,
      repair: /^Run: chmod 600 .*secrets\.json$/,
    },
    {
      ...invalid,
      name: 'a spoilt file of the keys',
      make: (clinic) => clinic.write('.config/milton/secrets.json', '{"v":1'),
      id: 'keys',
      what: /does not hold the keys as Milton writes them/,
      repair: /milton keys new/,
    },
  ]));

describe('folders and disk', () =>
  diagnose([
    {
      ...invalid,
      name: 'a state folder that others can write to',
      make: (clinic) => {
        mkdirSync(clinic.path('state'));
        chmodSync(clinic.path('state'), 0o777);
      },
      id: 'folders.STATE_DIR',
      what: /other users can write to .*\/state$/,
      repair: /^Run: chmod 700 .*\/state$/,
    },
    {
      ...warning,
      name: 'a state folder that others can read',
      make: (clinic) => {
        mkdirSync(clinic.path('state'));
        chmodSync(clinic.path('state'), 0o755);
      },
      id: 'folders.STATE_DIR',
      what: /other users can read .*\/state$/,
      repair: /milton start changes that/,
    },
    {
      ...invalid,
      name: 'a state folder where nothing can be written',
      make: (clinic) => clinic.settings({ STATE_DIR: '/proc/milton' }),
      id: 'folders.STATE_DIR',
      what: /\/proc\/milton cannot be created in \/proc/,
      repair: /Name a folder you can write to/,
    },
    {
      ...failure,
      name: 'a full disk',
      make: (clinic) => Object.assign(clinic.machine, { statfs: () => ({ bavail: 3, blocks: 1e9, bsize: 4096 }) }),
      id: 'disk',
      what: /^0 MB free in /,
      repair: /milton runs prune/,
    },
    {
      ...warning,
      name: 'a disk with little room',
      make: (clinic) =>
        Object.assign(clinic.machine, { statfs: () => ({ bavail: 200_000, blocks: 1e9, bsize: 4096 }) }),
      id: 'disk',
      what: /^781 MB free in /,
      repair: /du -xh/,
    },
  ]));

describe('database', () =>
  diagnose([
    {
      ...failure,
      name: 'a damaged database',
      make: (clinic) => {
        mkdirSync(clinic.path('state'), { mode: 0o700 });
        writeFileSync(clinic.path('state/milton.db'), 'no database'.repeat(500), { mode: 0o600 });
      },
      id: 'database',
      what: /milton\.db is damaged/,
      repair: /Put a backup in its place/,
    },
    {
      ...failure,
      name: 'the database of a newer Milton',
      make: async (clinic) => {
        const db = new DatabaseSync(await database(clinic));
        db.exec('PRAGMA user_version = 99');
        db.close();
      },
      id: 'database',
      what: /was written by a newer Milton \(format 99;/,
      repair: /Update Milton/,
    },
    {
      ...failure,
      name: 'a database in a folder that is not there',
      make: (clinic) =>
        clinic.write(
          'milton.config.ts',
          configuration().replace('sqlite()', `sqlite({ file: '${clinic.path('db/m.db')}' })`),
        ),
      id: 'database',
      what: /\/db is not a folder/,
      repair: /Create the folder/,
    },
  ]));

describe('repositories', () =>
  diagnose([
    {
      ...invalid,
      name: 'a repository that is not there',
      make: (clinic) => clinic.settings({ TARGET_REPO: 'gone' }),
      id: 'repositories.app.path',
      what: /\/gone does not exist/,
      repair: /Correct the path/,
    },
    {
      ...failure,
      name: 'a repository without a commit',
      make: (clinic) => {
        clinic.remove('app');
        clinic.git('init', '--quiet');
      },
      id: 'repositories.app',
      what: /\/app has no commit yet$/,
      repair: /^Run: git -C .*\/app commit --allow-empty/,
    },
    {
      ...warning,
      name: 'a checkout with changes that is worked in in place',
      make: (clinic) => {
        clinic.write('milton.config.ts', configuration({ repository: ", isolation: 'in-place'" }));
        clinic.write('app/new.txt', 'new');
      },
      id: 'repositories.app',
      what: /with 1 uncommitted change$/,
      repair: /git -C .*\/app stash$/,
    },
    {
      ...failure,
      name: 'an old git',
      make: (clinic) => clinic.program('git', 'echo "git version 2.25.1"'),
      id: 'repositories.git',
      what: /^git 2\.25\.1 is too old: Milton needs 2\.31 or newer$/,
      repair: /Install a newer git/,
    },
    {
      ...failure,
      name: 'a git that never answers',
      make: (clinic) => {
        clinic.program('git', 'exec sleep 60');
        clinic.machine.patience = { whole: 60_000, agent: 50_000, answer: 1_000 };
        // The servers may take their time.
        clinic.machine.fetch = (address, { signal: _, ...init } = {}) => fetch(address, init);
      },
      id: 'repositories.git',
      what: /^git does not work: it gave no answer$/,
      repair: /git --version/,
    },
    {
      ...failure,
      name: 'no git',
      make: (clinic) => clinic.remove('bin/git'),
      id: 'repositories.git',
      what: /^git is not installed$/,
      repair: /apt-get install git/,
    },
  ]));

/** Takes longer to be set up than the doctor waits for it, and never answers. */
const LATE = `defineAgent({
  name: 'late',
  create: async () => {
    await new Promise((made) => setTimeout(made, 200));
    return { name: 'late', label: 'Late', check: () => new Promise(() => {}), run: () => {}, recover: () => {} };
  },
})()`;

describe('agents', () =>
  diagnose([
    {
      ...{ state: 'failure', code: 6 },
      name: 'an agent that is not installed',
      make: (clinic) => clinic.remove('bin/claude'),
      id: 'agents.claude',
      what: /^Claude Code is not installed: "claude" was not found$/,
      repair: /^Install it \(npm install -g @anthropic-ai\/claude-code\)/,
    },
    {
      ...failure,
      name: 'an old agent',
      make: (clinic) => clinic.program('claude', "echo '1.0.71 (Claude Code)'"),
      id: 'agents.claude',
      what: /^Claude Code 1\.0\.71 is too old; Milton needs 2\./,
      repair: /^Update it: claude update$/,
    },
    {
      ...{ state: 'failure', code: 4 },
      name: 'an agent without a login',
      make: (clinic) =>
        clinic.program('claude', `case "$1" in --version) echo 2.1.330 ;; auth) echo '{"loggedIn": false}' ;; esac`),
      id: 'agents.claude',
      what: /^Claude Code is not logged in$/,
      repair: /claude/,
    },
    {
      ...failure,
      name: 'no program for the sandbox',
      make: (clinic) => clinic.remove('bin/bwrap'),
      id: 'agents.claude',
      what: /sandbox does not work here: bubblewrap is missing$/,
      repair: /^Run "sudo apt-get install bubblewrap"/,
    },
    {
      ...failure,
      name: 'a sandbox that the system does not allow',
      make: (clinic) => clinic.program('bwrap', "echo 'bwrap: No permissions to create new namespace' >&2; exit 1"),
      id: 'agents.claude',
      what: /it cannot shut a command in \(bwrap: No permissions to create new namespace\)/,
      repair: /claude\(\{ sandbox: false \}\)/,
    },
    {
      ...failure,
      name: 'a sandbox that hides nothing',
      make: (clinic) => clinic.program('bwrap', 'echo readable'),
      id: 'agents.claude',
      what: /a command reads what is hidden from it/,
      repair: /claude\(\{ sandbox: false \}\)/,
    },
    {
      ...warning,
      name: 'a second agent without a login',
      make: (clinic) => clinic.write('milton.config.ts', configuration({ agents: 'claude(), helper()' })),
      id: 'agents.helper',
      what: /^Helper is not logged in$/,
      repair: /^Run "helper login"\.$/,
    },
    {
      ...failure,
      name: 'an agent that never answers',
      make: (clinic) => {
        clinic.program('claude', 'exec sleep 60');
        clinic.machine.patience = { whole: 60_000, agent: 600, answer: 20_000 };
      },
      id: 'agents.claude',
      what: /^Claude Code gave no answer within 0\.6 s$/,
      repair: /^Start it in a terminal/,
    },
    {
      ...failure,
      name: 'an agent whose time is over early',
      make: (clinic) => {
        clinic.write('milton.config.ts', configuration({ agents: LATE }));
        clinic.machine.patience = { whole: 50_000, agent: 50, answer: 20_000 };
      },
      id: 'agents.late',
      what: /^Late gave no answer within 0\.05 s$/,
      repair: /^Start it in a terminal/,
    },
  ]));
