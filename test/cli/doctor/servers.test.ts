// Broken set-ups beyond the configuration: the ntfy server, research, the running Milton, the service.
import { appendFileSync, chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import type { Json } from '../../../src/pipeline/json.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { openStore } from '../../../src/pipeline/store/sqlite.ts';
import { FORBIDDEN, UNAUTHORIZED } from '../../support/fake-ntfy.ts';
import { ANSWER, ASK, Clinic, configuration } from './clinic.ts';
import { diagnose } from './illness.ts';

const failure = { state: 'failure', code: 1 } as const;
const offline = { state: 'failure', code: 5 } as const;
const refused = { state: 'failure', code: 4 } as const;
const warning = { state: 'warning', code: 7 } as const;

/** The server answers as one of another machine. */
function elsewhere(clinic: Clinic): void {
  const { url } = clinic.ntfy;
  clinic.settings({ NTFY_BASE_URL: 'https://ntfy.example.org' });
  clinic.machine.fetch = (address, init) => fetch(String(address).replace('https://ntfy.example.org', url), init);
}

describe('ntfy', () =>
  diagnose([
    {
      ...offline,
      name: 'a server that is down',
      make: ({ ntfy }) => ntfy.close(),
      id: 'ntfy.connection',
      what: /does not answer: the server cannot be reached \(connection refused\)/,
      repair: /curl http:\/\/127\.0\.0\.1:\d+\/v1\/health$/,
    },
    {
      ...offline,
      name: 'a server that accepts connections and says nothing',
      make: ({ ntfy, machine }) => {
        ntfy.chaos.mute = true;
        machine.patience = { whole: 60_000, agent: 50_000, answer: 4_000 };
      },
      id: 'ntfy.connection',
      what: /does not answer: there was no answer in time/,
      repair: /NTFY_BASE_URL/,
    },
    {
      ...offline,
      name: 'a login page in the place of the server',
      make: ({ ntfy }) => {
        ntfy.chaos.health = { status: 200, body: '<html>Welcome to the hotel</html>' };
      },
      id: 'ntfy.connection',
      what: /is no ntfy server/,
      repair: /log in to the network/,
    },
    {
      ...warning,
      name: 'a server that is not well',
      make: ({ ntfy }) => {
        ntfy.chaos.health = { status: 200, body: '{"healthy":false}' };
      },
      id: 'ntfy.connection',
      what: /says that it is not healthy/,
      repair: /log of the server/,
    },
    {
      ...refused,
      name: 'a token that the server does not know',
      make: ({ ntfy }) => {
        ntfy.chaos.denies = (login) => (login ? UNAUTHORIZED : FORBIDDEN);
      },
      id: 'ntfy.login',
      what: /^Milton is not let in: the server does not accept the credentials/,
      repair: /^Correct NTFY_TOKEN in \.env/,
    },
    {
      ...refused,
      name: 'no right to hear requests',
      make: ({ ntfy }) => {
        ntfy.chaos.denies = (login, act) => (login && act === 'write' ? undefined : FORBIDDEN);
      },
      id: 'ntfy.read',
      what: new RegExp(`^Milton may not read ${ASK}$`),
      repair: new RegExp(`ntfy access USER ${ASK} read-only$`),
    },
    {
      ...refused,
      name: 'no right to answer',
      make: ({ ntfy }) => {
        ntfy.chaos.denies = (login, act) => (login && act === 'read' ? undefined : FORBIDDEN);
      },
      id: 'ntfy.write',
      what: new RegExp(`^Milton may not write to ${ANSWER}$`),
      repair: new RegExp(`ntfy access USER ${ANSWER} write-only$`),
    },
    {
      ...warning,
      name: 'an open topic of this machine without a key',
      make: (clinic) => {
        clinic.ntfy.chaos.denies = () => undefined;
        clinic.settings({ NTFY_TOKEN: undefined });
        clinic.remove('.config/milton/secrets.json');
      },
      id: 'ntfy.strangers-write',
      what: /^Whoever knows the name of the topic can start work on this machine, which is everybody who can reach this server$/,
      repair: /^Run: milton keys new/,
    },
    {
      ...warning,
      name: 'an open topic without a key, accepted',
      make: (clinic) => {
        clinic.ntfy.chaos.denies = () => undefined;
        clinic.settings({ MILTON_ALLOW_UNSIGNED: '1' });
        clinic.write('milton.config.ts', configuration({ authorise: "{ mode: 'open' }" }));
      },
      id: 'ntfy.strangers-write',
      what: /as MILTON_ALLOW_UNSIGNED says$/,
      repair: /MILTON_ALLOW_UNSIGNED/,
    },
    {
      ...warning,
      name: 'an open server, and topics that everybody can guess',
      make: (clinic) => {
        clinic.ntfy.chaos.denies = () => undefined;
        clinic.settings({ ASK_TOPIC: undefined, ANSWER_TOPIC: 'answers' });
      },
      id: 'ntfy.names',
      what: /^milton-briefing-code-ask and answers can be guessed$/,
      repair: /openssl rand -hex 16/,
    },
    {
      ...warning,
      name: 'a server whose rights nobody tells',
      make: ({ ntfy }) => {
        const { denies } = ntfy.chaos;
        ntfy.chaos.denies = (login, act, topic) =>
          !login && act === 'write' ? { status: 500 } : denies?.(login, act, topic);
      },
      id: 'ntfy.strangers-write',
      what: /^Whether strangers may write is not known/,
      repair: /milton doctor again/,
    },
    {
      ...failure,
      name: 'a clock that is ten minutes wrong',
      make: ({ ntfy }) => {
        ntfy.skew = 600;
      },
      id: 'ntfy.clock',
      what: /^The clock of this machine is (10m|9m 5\ds) behind that of the server$/,
      repair: /timedatectl set-ntp true/,
    },
    {
      ...warning,
      name: 'a clock that is two minutes wrong',
      make: ({ ntfy }) => {
        ntfy.skew = -120;
      },
      id: 'ntfy.clock',
      what: /^The clock of this machine is (2m|2m \ds) ahead of that of the server$/,
      repair: /timedatectl set-ntp true/,
    },
    {
      ...warning,
      name: 'a server of this machine that has no iPhone told',
      make: (clinic) => clinic.write('server.yml', 'base-url: "https://ntfy.example.org"\n# upstream-base-url:\n'),
      id: 'ntfy.push',
      what: /^The server does not have iPhones told at once$/,
      repair: /^Add upstream-base-url: "https:\/\/ntfy\.sh" to .*server\.yml/,
    },
    {
      ...warning,
      name: 'a server that strangers can read, told everything',
      make: (clinic) => {
        elsewhere(clinic);
        clinic.write('server.yml', 'base-url: "https://ntfy.example.org"\nupstream-base-url: "https://ntfy.sh"\n');
        clinic.write('milton.config.ts', configuration({ ntfy: "{ privacy: 'full' }" }));
        clinic.ntfy.chaos.denies = (login, act) => (login || act === 'read' ? undefined : FORBIDDEN);
      },
      id: 'ntfy.strangers-read',
      what: /can read it, and notices tell everything$/,
      repair: /auth-default-access: deny-all/,
    },
  ]));

test('whether a server of one’s own has iPhones told at once is said to be unknown, and is no trouble', async () => {
  await using clinic = await Clinic.open();
  elsewhere(clinic);
  const { findings, code } = await clinic.look();
  const push = findings.find(({ id }) => id === 'ntfy.push');
  expect([push?.what, code]).toEqual([expect.stringContaining('cannot be seen from here'), 0]);
});

describe('research', () =>
  diagnose([
    {
      ...refused,
      name: 'a key that Perplexity does not take',
      make: (clinic) => {
        clinic.researchAnswers = () => 401;
      },
      id: 'research.perplexity',
      what: /^Perplexity does not accept the key \(401\)$/,
      repair: /^Correct PERPLEXITY_API_KEY in \.env$/,
    },
    {
      ...warning,
      name: 'a Perplexity account without credit',
      make: (clinic) => {
        clinic.researchAnswers = () => 402;
      },
      id: 'research.perplexity',
      what: /its account has no credit \(402\)$/,
      repair: /Add credit/,
    },
    {
      ...warning,
      name: 'a Perplexity that cannot be reached',
      make: (clinic) => clinic.settings({ PERPLEXITY_BASE_URL: 'http://127.0.0.1:9' }),
      id: 'research.perplexity',
      what: /^Perplexity is of no use now: it cannot be reached/,
      repair: /PERPLEXITY_BASE_URL/,
    },
  ]));

const running: JobStore[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((store) => store.close()));
});

/** A Milton that runs, or ran, on the state folder, by what it leaves there; `ago` in ms. */
async function milton(clinic: Clinic, kept: Record<string, Json>, { ends = false, message = 0 } = {}): Promise<void> {
  mkdirSync(clinic.path('state'), { recursive: true, mode: 0o700 });
  const clock = { now: () => Date.now() - message };
  const store = openStore(clinic.path('state/milton.db'), { mode: 'daemon', clock });
  for (const [key, value] of Object.entries(kept)) await store.remember(key, value);
  const at = new Date(clock.now()).toISOString();
  const text = { id: 'ntfy:abcdefghijkl', transport: 'ntfy', text: 'STATUS', at, late: { ms: 0, missed: false } };
  await store.accept({ run: 'req_k4m2xa', message: text, seen: [text.id], effects: [], notices: [] });
  if (ends) await store.close();
  else running.push(store);
}

function makeOlder(clinic: Clinic): void {
  const db = new DatabaseSync(clinic.path('state/milton.db'));
  db.exec('PRAGMA user_version = 1');
  db.close();
}

const HOUR = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

describe('hearing', () =>
  diagnose([
    {
      ...warning,
      name: 'no message for days',
      make: (clinic) =>
        milton(clinic, { 'health:ntfy': { state: 'connected', at: ago(HOUR) } }, { message: 120 * HOUR }),
      id: 'hearing.message',
      what: /^The last message came 5d\b.* ago$/,
      repair: /^Say "status" to the phone/,
    },
    {
      ...warning,
      name: 'a Milton that stopped days ago',
      make: (clinic) => milton(clinic, { 'cursor:ntfy': { heard: (Date.now() - 49 * HOUR) / 1000 } }, { ends: true }),
      id: 'hearing.running',
      what: /^Milton is not running: it last heard the server 2d 1h ago$/,
      repair: /^Run: milton start/,
    },
    {
      ...offline,
      name: 'a connection that carries nothing',
      make: (clinic) => milton(clinic, { 'health:ntfy': { state: 'deaf', since: ago(HOUR), why: 'nothing arrives' } }),
      id: 'hearing.ntfy',
      what: /^ntfy is connected, and hears nothing$/,
      repair: /milton status/,
    },
    {
      ...offline,
      name: 'a connection that has been down for an hour',
      make: (clinic) => milton(clinic, { 'health:ntfy': { state: 'reconnecting', since: ago(HOUR), why: 'refused' } }),
      id: 'hearing.ntfy',
      what: /^ntfy has had no connection for 1h\b/,
      repair: /milton status/,
    },
    {
      ...warning,
      name: 'the database of an older Milton, which does not run',
      make: async (clinic) => {
        await milton(clinic, {}, { ends: true });
        makeOlder(clinic);
      },
      id: 'hearing.running',
      what: /^Milton is not running; its database is of an older one$/,
      repair: /^Run: milton start/,
    },
    {
      ...warning,
      name: 'a database that others can read',
      make: async (clinic) => {
        await milton(clinic, { 'health:ntfy': { state: 'connected', at: ago(HOUR) } });
        chmodSync(clinic.path('state/milton.db'), 0o644);
      },
      id: 'database.mode',
      what: /^Other users can read .*milton\.db$/,
      repair: /^Run: chmod 600 .*milton\.db$/,
    },
  ]));

test('an older Milton that runs is told as one', async () => {
  await using clinic = await Clinic.open();
  await milton(clinic, {});
  makeOlder(clinic);
  const { findings, wrong } = await clinic.look();
  expect(wrong).toEqual([]);
  expect(findings.find(({ topic }) => topic === 'hearing')!.what).toMatch(/^An older Milton is running\./);
});

/** Installs a service, and a user manager that says this of it. */
function installed(
  clinic: Clinic,
  { node = process.execPath, active = 'active', enabled = 'enabled', linger = 'yes' } = {},
): void {
  const program = join(clinic.home, 'milton "main".js');
  clinic.write('milton "main".js', '');
  const quoted = `"${program.replaceAll('"', '\\"')}"`;
  clinic.write('.config/systemd/user/milton.service', `[Service]\nType=notify\nExecStart="${node}" ${quoted} start\n`);
  clinic.program('systemctl', `case "$2" in is-active) echo ${active} ;; is-enabled) echo ${enabled} ;; esac`);
  clinic.program('loginctl', `echo Linger=${linger}`);
}

describe('service', () =>
  diagnose([
    {
      ...failure,
      name: 'a service whose Node is gone',
      make: (clinic) => installed(clinic, { node: '/opt/gone/bin/node' }),
      id: 'service.programs',
      what: /milton\.service starts \/opt\/gone\/bin\/node, which is not there$/,
      repair: /^Run: milton service install$/,
    },
    {
      ...failure,
      name: 'a service that has failed',
      make: (clinic) => installed(clinic, { active: 'failed' }),
      id: 'service.state',
      what: /^The service has failed$/,
      repair: /milton service logs/,
    },
    {
      ...warning,
      name: 'a service that is stopped',
      make: (clinic) => installed(clinic, { active: 'inactive' }),
      id: 'service.state',
      what: /^The service is stopped$/,
      repair: /milton service start/,
    },
    {
      ...warning,
      name: 'a service that does not start by itself',
      make: (clinic) => installed(clinic, { enabled: 'disabled' }),
      id: 'service.enabled',
      what: /does not start by itself$/,
      repair: /systemctl --user enable milton\.service$/,
    },
    {
      ...warning,
      name: 'a service that ends at the logout',
      make: (clinic) => installed(clinic, { linger: 'no' }),
      id: 'service.linger',
      what: /ends when you log out$/,
      repair: /^Run: loginctl enable-linger$/,
    },
    {
      ...warning,
      name: 'a service that another version installed',
      make: (clinic) => {
        installed(clinic);
        appendFileSync(clinic.path('.config/systemd/user/milton.service'), `# milton 0.0.1 sha256:${'0'.repeat(64)}\n`);
      },
      id: 'service.version',
      what: /milton\.service was written by Milton 0\.0\.1$/,
      repair: /^Run: milton service install$/,
    },
    {
      ...warning,
      name: 'a service without a user manager',
      make: (clinic) => {
        installed(clinic);
        clinic.program('systemctl', "echo 'Failed to connect to bus: No medium found' >&2; exit 1");
      },
      id: 'service.manager',
      what: /no user manager answers/,
      repair: /systemctl --user status/,
    },
    {
      ...failure,
      name: 'a launchd agent whose Node is gone',
      make: (clinic) => {
        clinic.machine.platform = 'darwin';
        const list = '<array><string>/opt/a&amp;b/node</string><string>/</string><string>start</string></array>';
        const text = `<plist><dict><key>ProgramArguments</key>\n${list}</dict></plist>`;
        clinic.write('Library/LaunchAgents/milton-orchestrator.plist', text);
      },
      id: 'service.programs',
      what: /milton-orchestrator\.plist starts \/opt\/a&b\/node, which is not there$/,
      repair: /milton service install/,
    },
  ]));
