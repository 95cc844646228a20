import { baseOf } from '../../../plugins/research/responses-api/base-url.ts';
import { REFUSED } from '../../command-line/exit-codes.ts';
import { at, type Examination, type Finding } from '../examination.ts';
import type { PartOptions } from '../patient.ts';

const { ok, warning, failure } = at('research');

/** A service for research that takes a key. */
interface Kind {
  readonly label: string;
  /** The variable that its key comes from. */
  readonly key: string;
  readonly address: string;
  /** Where questions go to. */
  readonly path: string;
  /** Whether it is of no use without a key. */
  readonly needsKey: boolean;
}

const KINDS: readonly Kind[] = [
  { label: 'Perplexity', key: 'PERPLEXITY_API_KEY', address: 'PERPLEXITY_BASE_URL', path: 'v1/agent', needsKey: true },
  {
    label: 'The research server',
    key: 'RESEARCH_API_KEY',
    address: 'RESEARCH_BASE_URL',
    path: 'responses',
    needsKey: false,
  },
];

/** Whether the services for research take the keys; nothing is asked that costs. */
export const research: Examination = {
  topic: 'research',
  async examine(patient, signal) {
    const { fetch, patience } = patient.machine;
    const over = AbortSignal.any([signal, AbortSignal.timeout(2 * patience.answer)]);
    const asking = KINDS.flatMap((kind) =>
      patient
        .partsWith(kind.key)
        .map((part) => lookAt(kind, part, (init, url) => fetch(url, { ...init, signal: over }))),
    );
    return (await Promise.all(asking)).flat();
  },
};

type Ask = (init: RequestInit, url: string) => Promise<Response>;

async function lookAt(kind: Kind, { name, options }: PartOptions, ask: Ask): Promise<readonly Finding[]> {
  const { apiKey, baseUrl } = options as { apiKey?: string; baseUrl?: string };
  if (!baseUrl) return [];
  if (!apiKey && kind.needsKey) return [ok(name, `${kind.key} is not set: research is local`)];
  if (!isSafe(kind, baseUrl, apiKey)) return [];
  const url = `${baseUrl.replace(/\/+$/, '')}/${kind.path}`;
  try {
    const status = await empty(ask, url, apiKey);
    // Some look at the question first. Then a key that nobody has is answered alike.
    const unknown = status >= 400 && status < 500 && apiKey ? await empty(ask, url, 'milton-doctor') : undefined;
    return [verdict(kind, name, status, unknown)];
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string } };
    return [offline(kind, name, `it cannot be reached (${cause?.code ?? message})`)];
  }
}

/** No key crosses a network readable; that such an address is refused is told with the configuration. */
function isSafe({ address }: Kind, baseUrl: string, apiKey: string | undefined): boolean {
  try {
    return baseOf(address, baseUrl, apiKey) !== '';
  } catch {
    return false;
  }
}

/** Asks nothing, which is refused without cost: for the key, or where that counts for the missing question. */
async function empty(ask: Ask, url: string, apiKey: string | undefined): Promise<number> {
  const headers = { 'content-type': 'application/json', ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) };
  const response = await ask({ method: 'POST', headers, body: '{}', redirect: 'manual' }, url);
  await response.body?.cancel();
  return response.status;
}

const isRefusal = (status: number | undefined) => status === 401 || status === 403;

function verdict(kind: Kind, name: string, status: number, unknown: number | undefined): Finding {
  const { label, key, address } = kind;
  if (isRefusal(status)) {
    const more = { why: 'Research is local meanwhile.', repair: `Correct ${key} in .env`, exit: REFUSED };
    return failure(name, `${label} does not accept the key (${status})`, more);
  }
  if (status === 402)
    return { ...offline(kind, name, 'its account has no credit (402)'), repair: 'Add credit to the account' };
  if (status === 429) return ok(name, `${label} answers, and limits requests just now (429)`);
  if (status >= 500) return offline(kind, name, `it failed (${status})`);
  if (status < 400 || status === 404 || status === 410) {
    return {
      ...offline(kind, name, `what answers there is no such service (${status})`),
      repair: `Correct ${address}`,
    };
  }
  return ok(
    name,
    `${label} ${isRefusal(unknown) ? 'accepts the key' : 'answers; whether it accepts the key only a request tells'}`,
  );
}

const offline = ({ label, address }: Kind, name: string, why: string): Finding =>
  warning(name, `${label} is of no use now: ${why}`, {
    why: 'Research is local meanwhile, and requests are worked on all the same.',
    repair: `Try again later, or correct ${address}`,
  });
