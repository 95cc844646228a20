import type { NtfyOptions } from '../../../../transports/ntfy/options.ts';
import { type Api, serverUrl } from '../../../../transports/ntfy/server/api.ts';
import { head, type NtfyFailure, networkFailure, parse } from '../../../../transports/ntfy/server/failure.ts';
import { UNREACHABLE } from '../../../command-line/exit-codes.ts';
import { at, type Finding } from '../../examination.ts';

const { ok, warning, failure } = at('ntfy');

interface Found {
  readonly findings: readonly Finding[];
  /** What time the server said it was. */
  readonly date?: string;
}

/** Whether an ntfy server answers at the address. */
export async function connection(api: Api, { baseUrl }: NtfyOptions, signal: AbortSignal): Promise<Found> {
  const where = serverUrl(baseUrl);
  try {
    const response = await api('v1/health', { signal });
    const { healthy } = (parse(await head(response)) ?? {}) as { healthy?: unknown };
    const date = response.headers.get('date');
    const found =
      typeof healthy === 'boolean' ? answer(where, healthy) : noNtfy(where, 'it sent something else than ntfy would');
    return { findings: [found], ...(date === null ? {} : { date }) };
  } catch (error) {
    return { findings: [silent(where, networkFailure(error), signal)] };
  }
}

const answer = (where: string, healthy: boolean): Finding =>
  healthy
    ? ok('connection', `${where} answers`)
    : warning('connection', `${where} says that it is not healthy`, { repair: 'Look at the log of the server' });

const noNtfy = (where: string, why: string): Finding =>
  failure('connection', `What answers at ${where} is no ntfy server: ${why}`, {
    why: 'A login page of a network answers so, or another server.',
    repair: 'Correct NTFY_BASE_URL in .env, or log in to the network',
    exit: UNREACHABLE,
  });

function silent(where: string, { message, pace, code, filtered }: NtfyFailure, signal: AbortSignal): Finding {
  const said = signal.aborted ? 'there was no answer in time' : message;
  if (pace === 'limited') {
    const why = 'It answers again when fewer requests come from this address.';
    return warning('connection', `${where} limits this address: ${said}`, {
      why,
      repair: 'Try again in a few minutes',
    });
  }
  if (filtered || (pace === 'slow' && code !== undefined)) return noNtfy(where, said);
  return failure('connection', `${where} does not answer: ${said}`, {
    why: 'Milton hears nothing and says nothing meanwhile; it keeps trying by itself.',
    repair: `Look at the network and at NTFY_BASE_URL: curl ${where}/v1/health`,
    exit: UNREACHABLE,
  });
}
