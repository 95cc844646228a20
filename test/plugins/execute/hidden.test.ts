import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadEnvironment } from '../../../config/load-environment.ts';
import { Environment, Folders } from '../../../src/pipeline/services.ts';
import type { Get } from '../../../src/pipeline/token.ts';
import { hiddenFrom } from '../../../src/plugins/execute/agents/hidden.ts';

it('T8: keys, the .env of Milton and all that it keeps are hidden from agents, wherever the person has put it', () => {
  const { environment } = loadEnvironment({
    processEnv: { CLAUDE_CONFIG_DIR: '/work/claude', CODEX_HOME: '/work/codex' },
    folder: '/milton',
  });
  const folders = { state: '/state', output: '/state/reports', logs: '/var/log/milton' };
  const services = new Map<symbol, unknown>([
    [Environment, environment],
    [Folders, folders],
  ]);
  const get = ((token: symbol) => services.get(token)) as Get;
  const { places, state, inState } = hiddenFrom(get, ['~/private']);
  const moved = ['/work/claude/.credentials.json', '/work/codex/auth.json', '/work/codex/config.toml'];
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
  const own = ['milton.db', 'milton.db-wal', 'milton.db-shm', 'agents', 'reports'].map((name) => join('/state', name));
  expect(inState).toEqual(own);
});
