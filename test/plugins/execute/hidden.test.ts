import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadEnvironment } from '../../../config/load-environment.ts';
import type { Prepared } from '../../../src/cli/installation/prepare.ts';
import { builtIn } from '../../../src/cli/installation/services.ts';
import { Environment, Folders } from '../../../src/pipeline/services.ts';
import { sqlite } from '../../../src/pipeline/store/sqlite.ts';
import type { Get } from '../../../src/pipeline/token.ts';
import { hiddenFrom } from '../../../src/plugins/execute/agents/hidden.ts';
import { MemoryLogger } from '../../support/fake-run.ts';

it('T8: keys, the .env of Milton and all that it keeps are hidden from agents, wherever the person has put it', () => {
  const { environment } = loadEnvironment({
    processEnv: { CLAUDE_CONFIG_DIR: '/elsewhere/claude', CODEX_HOME: '/elsewhere/codex' },
    folder: '/milton',
  });
  const folders = { state: '/state', output: '/state/reports', logs: '/var/log/milton' };
  const services = new Map<symbol, unknown>([
    [Environment, environment],
    [Folders, folders],
  ]);
  const get = ((token: symbol) => services.get(token)) as Get;
  const { places, state, inState } = hiddenFrom(get, ['~/private']);
  const moved = ['/elsewhere/claude/.credentials.json', '/elsewhere/codex/auth.json', '/elsewhere/codex/config.toml'];
  const expected = [
    ...moved,
    '~/.config/ntfy',
    '~/.ssh',
    '~/.aws',
    '~/.config/milton',
    '/milton/.env',
    '/var/log/milton',
    '~/private',
  ];
  expect(places).toEqual(expect.arrayContaining(expected));
  expect(state).toBe('/state');
  const names = ['milton.db', 'milton.db-wal', 'milton.db-shm', 'milton.db-backups', 'agents', 'reports'];
  const own = names.map((name) => join('/state', name));
  expect(inState).toEqual(own);
});

it('T8: a database elsewhere is hidden with what lies beside it, as the configuration names it', () => {
  const folders = { state: '/state', output: '/state/reports', logs: '/state/logs' };
  const store = sqlite({ file: '/data/requests.db' });
  const environment = { environment: { get: () => undefined } };
  const services = builtIn({ config: { store }, folders, environment } as unknown as Prepared, new MemoryLogger());
  const get = ((token: symbol) => {
    const found = services.find((each) => each.token === token);
    return found && 'factory' in found ? found.factory(get) : undefined;
  }) as Get;
  const { places, inState } = hiddenFrom(get, []);
  expect(places).toEqual(expect.arrayContaining(['', '-wal', '-shm'].map((end) => `/data/requests.db${end}`)));
  expect(inState).not.toContain('/state/milton.db');
});
