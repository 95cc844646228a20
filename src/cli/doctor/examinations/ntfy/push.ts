import { existsSync, readFileSync } from 'node:fs';
import { exposureOf } from '../../../../pipeline/exposure.ts';
import type { NtfyOptions } from '../../../../transports/ntfy/options.ts';
import { serverUrl } from '../../../../transports/ntfy/server/api.ts';
import { at, type Finding } from '../../examination.ts';
import type { Machine } from '../../patient.ts';

const { ok, warning } = at('ntfy');
const UPSTREAM = 'https://ntfy.sh';

/**
 * Whether iPhones are told at once. A server of one's own has to pass word on for that. Nothing it answers shows whether it does, but its
 * settings do, where they are on this machine.
 */
export function push({ baseUrl }: NtfyOptions, { ntfySettings }: Machine): readonly Finding[] {
  const where = serverUrl(baseUrl);
  if (where === UPSTREAM) return [];
  const settings = read(ntfySettings);
  const here = exposureOf(baseUrl) === 'loopback';
  if (settings === undefined || !(here || settings.includes(where))) return here ? [] : [unseen(where)];
  if (/^\s*upstream-base-url:\s*\S/m.test(settings)) return [ok('push', 'The server has iPhones told at once')];
  return [
    warning('push', 'The server does not have iPhones told at once', {
      why: 'An iPhone looks for notices of such a server by itself, which can take hours.',
      repair: `Add upstream-base-url: "${UPSTREAM}" to ${ntfySettings}, and run: sudo systemctl restart ntfy`,
    }),
  ];
}

/** No warning, since nobody could ever make it go away. */
const unseen = (where: string): Finding =>
  ok(
    'push',
    `For iPhones, server.yml of ${where} needs upstream-base-url: "${UPSTREAM}", which cannot be seen from here`,
  );

function read(path: string): string | undefined {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  } catch {
    // It belongs to somebody else.
    return undefined;
  }
}
