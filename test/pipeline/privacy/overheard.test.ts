import { expect, test } from 'vitest';
import { isOverheard } from '../../../src/pipeline/privacy/overheard.ts';
import type { Strangers } from '../../../src/pipeline/transport.ts';

const saying = (mayRead: () => Promise<boolean | undefined>): Strangers => ({ mayRead, mayWrite: async () => false });
const closed = saying(async () => false);
const open = saying(async () => true);

test.each([
  ['on this machine', { exposure: 'loopback' }, false],
  ['that strangers cannot read', { exposure: 'public', strangers: closed }, false],
  ['that strangers can read', { exposure: 'public', strangers: open }, true],
  ['of which nobody can tell', { exposure: 'public', strangers: saying(async () => undefined) }, true],
  ['that fails to tell', { exposure: 'public', strangers: saying(() => Promise.reject(new Error('no'))) }, true],
  ['that is public and knows nothing of strangers', { exposure: 'public' }, true],
  ['that is to tell all', { exposure: 'public', strangers: open, privacy: 'full' }, false],
  ['that is to tell little', { exposure: 'local', privacy: 'summary' }, true],
] as const)('T4: a transport %s', async (_, transport, expected) => {
  expect(await isOverheard(transport)).toBe(expected);
});
