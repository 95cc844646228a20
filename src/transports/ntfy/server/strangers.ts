import { exposureOf } from '../../../pipeline/exposure.ts';
import type { Fetch } from '../../../pipeline/services.ts';
import type { Strangers } from '../../../pipeline/transport.ts';
import { inboxTopics, type NtfyOptions } from '../options.ts';
import { type Meter, ntfyApi } from './api.ts';
import { isDenial, mayRead, mayWrite, surely } from './rights.ts';

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
    mayRead: remembered((ms) => allowed(() => mayRead(api, [answerTopic], AbortSignal.timeout(ms))), now),
    mayWrite: remembered((ms) => {
      const asking = (topic: string) => () => allowed(() => mayWrite(api, topic, AbortSignal.timeout(ms)));
      return anyOf(inboxTopics(options).map(asking));
    }, now),
  };
}

/** Whether one of these is so; undefined where none is, and one of them cannot be told. */
async function anyOf(questions: readonly (() => Promise<boolean | undefined>)[]): Promise<boolean | undefined> {
  const answers = await Promise.all(questions.map((ask) => ask()));
  return answers.includes(true) || (answers.includes(undefined) ? undefined : false);
}

/** Whether the server lets a stranger do it; undefined where it does not say. */
const allowed = (act: () => Promise<void>): Promise<boolean | undefined> =>
  surely(act).then(
    () => true,
    (error) => (isDenial(error) ? false : undefined),
  );

function remembered(ask: (ms: number) => Promise<boolean | undefined>, now: () => number): Strangers['mayWrite'] {
  let last: { readonly answer: Promise<boolean | undefined>; until: number } | undefined;
  return (ms = TIMEOUT) => {
    if (last && now() < last.until) return last.answer;
    const current = { answer: ask(ms), until: Number.POSITIVE_INFINITY };
    last = current;
    void current.answer.then((answer) => {
      current.until = now() + (answer === undefined ? PAUSE : BELIEVED);
    });
    return current.answer;
  };
}
