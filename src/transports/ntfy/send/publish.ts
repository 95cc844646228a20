import { z } from 'zod';
import { TimeLimit } from '../../../pipeline/time-limit.ts';
import { TransportError } from '../../../pipeline/transport.ts';
import type { Api } from '../server/api.ts';
import { TOO_MANY_REQUESTS } from '../server/error-codes.ts';
import { head, NtfyFailure, networkFailure, parse } from '../server/failure.ts';
import { OWN_TAG } from './notice-request.ts';

const TIMEOUT = 15_000;
const published = z.object({ id: z.string().min(1) });

/** For what Milton alone is to hear: no cache keeps it, and no phone is told. */
export const QUIETLY = { 'x-tags': OWN_TAG, 'x-priority': '1', 'x-cache': 'no', 'x-firebase': 'no' };

/** One message for the server. */
export interface Publication {
  readonly topic: string;
  readonly method?: 'POST' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Publishes once; resolves to the server's id of the message, rejects with TransportError. */
export async function publish(
  api: Api,
  { topic, method = 'POST', headers = {}, body }: Publication,
  signal: AbortSignal,
): Promise<string> {
  using limit = new TimeLimit(signal, TIMEOUT);
  try {
    const init = { method, headers, body, signal: limit.signal };
    const response = await api(topic, init);
    // A captive portal answers 200 to everything.
    const answer = published.safeParse(parse(await head(response)));
    if (!answer.success) throw new NtfyFailure('what answers there is no ntfy server');
    return answer.data.id;
  } catch (error) {
    if (signal.aborted) throw new TransportError(cutOff(signal), { retryable: true, cause: error });
    if (limit.over) throw new TransportError('ntfy did not answer within 15 s.', { retryable: true, cause: error });
    throw transportError(networkFailure(error));
  }
}

/** Nobody knows what became of a request that was cut off. */
function cutOff({ reason }: AbortSignal): string {
  const slow = reason instanceof DOMException && reason.name === 'TimeoutError';
  return slow ? 'ntfy was too slow.' : 'Stopped before ntfy had answered.';
}

const MINUTE = 60_000;

function transportError(failure: NtfyFailure): TransportError {
  return new TransportError(`ntfy did not take it: ${failure.message}.`, {
    retryable: !failure.permanent,
    retryAfter: failure.permanent ? undefined : (failure.retryAfter ?? pause(failure)),
    alone: failure.filtered,
    cause: failure,
  });
}

/** How long to leave the server alone; it never says so itself. */
function pause({ pace, code, filtered }: NtfyFailure): number | undefined {
  if (pace === 'limited') return code === TOO_MANY_REQUESTS ? MINUTE / 2 : MINUTE;
  if (pace === 'slow' || filtered) return 5 * MINUTE;
  if (pace === 'denied') return MINUTE;
  return undefined;
}
