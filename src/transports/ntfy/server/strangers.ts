import { exposureOf } from '../../../pipeline/exposure.ts';
import type { Fetch } from '../../../pipeline/services.ts';
import type { Strangers } from '../../../pipeline/transport.ts';
import { inboxTopics, type NtfyOptions } from '../options.ts';
import { publish, QUIETLY } from '../send/publish.ts';
import { type Api, type Meter, ntfyApi } from './api.ts';
import { UNAUTHORIZED } from './error-codes.ts';
import { head, NtfyFailure } from './failure.ts';

/** How long an answer of the server counts, and how long it is not asked again after it gave none, in ms. */
const BELIEVED = 3_600_000;
const PAUSE = 60_000;
/** Asked twice it is still within the time of a step above queue(). */
const TIMEOUT = 900;

interface Parts {
  readonly fetch: Fetch;
  readonly options: NtfyOptions;
  readonly meter?: Meter;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What somebody without a login may do on the server; undefined where there are no strangers, since it is this machine's own. */
export function strangersAt({ fetch, options, meter, now }: Parts): Strangers | undefined {
  const { baseUrl, token, user, answerTopic } = options;
  if (exposureOf(baseUrl) === 'loopback') return undefined;
  // Milton itself is one: whatever it can do, everybody can.
  if (!token && !user) return { mayRead: async () => true, mayWrite: async () => true };
  const api = ntfyApi(fetch, { baseUrl }, meter);
  return {
    mayRead: remembered(() => allowed(() => read(api, answerTopic)), now),
    mayWrite: remembered(() => anyOf(inboxTopics(options).map((topic) => () => allowed(() => write(api, topic)))), now),
  };
}

async function read(api: Api, topic: string): Promise<void> {
  const response = await api(`${topic}/auth`, { signal: AbortSignal.timeout(TIMEOUT) });
  // A captive portal answers 200 to everything.
  if (!(await head(response)).includes('"success"')) throw new NtfyFailure('what answers there is no ntfy server');
}

/** There is no other way to find out than to write something; Milton does not read it. */
function write(api: Api, topic: string): Promise<void> {
  return publish(api, { topic, headers: QUIETLY, body: 'May strangers write here?' }, AbortSignal.timeout(TIMEOUT));
}

/** Whether one of these is so; undefined where none is, and one of them cannot be told. */
async function anyOf(questions: readonly (() => Promise<boolean | undefined>)[]): Promise<boolean | undefined> {
  const answers = await Promise.all(questions.map((ask) => ask()));
  return answers.includes(true) || (answers.includes(undefined) ? undefined : false);
}

/** Whether the server lets a stranger do it; undefined where it does not say. */
async function allowed(act: () => Promise<void>): Promise<boolean | undefined> {
  for (let denied = 0; denied < 2; denied++) {
    try {
      await act();
      return true;
    } catch (error) {
      // Asked twice, since a server whose database is busy denies what it allows.
      if (!isDenial(error)) return undefined;
    }
  }
  return false;
}

function isDenial(error: unknown): boolean {
  const failure = error instanceof NtfyFailure ? error : (error as { cause?: unknown }).cause;
  // A firewall that denies says nothing of the server behind it.
  return (
    failure instanceof NtfyFailure && !failure.filtered && (failure.pace === 'denied' || failure.code === UNAUTHORIZED)
  );
}

function remembered(ask: () => Promise<boolean | undefined>, now: () => number): () => Promise<boolean | undefined> {
  let last: { readonly answer: Promise<boolean | undefined>; until: number } | undefined;
  return () => {
    if (last && now() < last.until) return last.answer;
    const current = { answer: ask(), until: Number.POSITIVE_INFINITY };
    last = current;
    void current.answer.then((answer) => {
      current.until = now() + (answer === undefined ? PAUSE : BELIEVED);
    });
    return current.answer;
  };
}
