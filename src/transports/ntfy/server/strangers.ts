import { setTimeout as sleep } from 'node:timers/promises';
import { exposureOf } from '../../../pipeline/exposure.ts';
import type { Fetch } from '../../../pipeline/services.ts';
import type { Strangers } from '../../../pipeline/transport.ts';
import { inboxTopics, type NtfyOptions } from '../options.ts';
import { type Meter, ntfyApi } from './api.ts';
import { isDenial, mayRead, mayWrite, surely } from './rights.ts';

/** How long an answer of the server counts, and how long it is not asked again after it gave none, in ms. */
const BELIEVED = 3_600_000;
const PAUSE = 60_000;
/** How long it may take to answer, and how long is waited for that where nothing else is said: within the time of a step above queue(). In ms. */
const TIMEOUT = 10_000;
const USUAL = 900;
const patience = () => AbortSignal.timeout(TIMEOUT);

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
    mayRead: remembered(() => allowed(() => mayRead(api, [answerTopic], patience())), now),
    mayWrite: remembered(
      () => anyOf(inboxTopics(options).map((topic) => () => allowed(() => mayWrite(api, topic, patience())))),
      now,
    ),
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

/** Whoever has no time for an answer leaves it to the next who asks. */
function remembered(ask: () => Promise<boolean | undefined>, now: () => number): Strangers['mayWrite'] {
  let last: { readonly answer: Promise<boolean | undefined>; until: number } | undefined;
  const within = (answer: Promise<boolean | undefined>, ms: number) =>
    Promise.race([answer, sleep(ms, undefined, { ref: false })]);
  return (ms = USUAL) => {
    if (last && now() < last.until) return within(last.answer, ms);
    const current = { answer: ask(), until: Number.POSITIVE_INFINITY };
    last = current;
    void current.answer.then((answer) => {
      current.until = now() + (answer === undefined ? PAUSE : BELIEVED);
    });
    return within(current.answer, ms);
  };
}
