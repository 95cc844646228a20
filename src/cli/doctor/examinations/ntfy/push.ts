import { exposureOf } from '../../../../pipeline/exposure.ts';
import type { NtfyOptions } from '../../../../transports/ntfy/options.ts';
import { serverUrl } from '../../../../transports/ntfy/server/api.ts';
import { at, type Finding } from '../../examination.ts';

const UPSTREAM = 'https://ntfy.sh';

/** Whether iPhones are told at once: a server of one's own has to pass word on, and nothing it answers shows whether it does. */
export function push({ baseUrl }: NtfyOptions): readonly Finding[] {
  const where = serverUrl(baseUrl);
  if (where === UPSTREAM || exposureOf(baseUrl) === 'loopback') return [];
  return [
    at('ntfy').ok(
      'push',
      `For an iPhone, ${where} needs base-url: ${where} and upstream-base-url: ${UPSTREAM} in server.yml`,
    ),
  ];
}
