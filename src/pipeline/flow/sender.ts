import { explain } from '../errors.ts';
import type { NoticeKind } from '../message.ts';
import type { Clock, Logger } from '../services.ts';
import type { JobStore, OutboxRow } from '../store/job-store.ts';
import { TimeLimit } from '../time-limit.ts';
import { type Transport, TransportError } from '../transport.ts';
import { Bell } from './bell.ts';
import { Circuit } from './circuit.ts';
import { type Fitting, fitted } from './fitting.ts';

const SEND_TIMEOUT = 30_000;
const LOOK_AGAIN = 5000;
/** Of a notice that need not arrive: by itself, and while nothing comes through, which is about a quarter of an hour. */
const MOST_TRIES = { alone: 10, away: 60 };
const AT_ONCE = 20;

interface SenderOptions {
  readonly store: JobStore;
  readonly transport: Transport;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly fitting: Fitting;
  /** Ends the sending after the notice in hand. */
  readonly stop: AbortSignal;
  /** Cuts the notice in hand off. */
  readonly cut: AbortSignal;
}

/** Sends what waits in the store through one transport: in order per run, retried, nothing final ever dropped. */
interface Sender {
  /** Resolves when the sending has ended. */
  readonly finished: Promise<void>;
  /** Sends what is due once more; for the end of a shutdown. */
  flush(): Promise<void>;
}

export function createSender({ store, transport, logger, clock, fitting, stop, cut }: SenderOptions): Sender {
  const bell = new Bell();
  const events = store.events$.subscribe((event) => {
    if (event.type === 'outbox') bell.ring();
  });
  const circuit = new Circuit(() => clock.now());
  // What became of a notice while the store could not take note of it.
  const unnoted = new Map<number, () => Promise<void>>();
  // What the transport does not want yet. That is no failure, so the store does not hear of it.
  const paced = new Map<NoticeKind, { readonly since: number; readonly until: number }>();
  let looked = 0;

  const health = transport.health$.subscribe({
    next({ state }) {
      if (state !== 'connected' || !circuit.broken) return;
      circuit.hint();
      bell.ring();
    },
    // It is told where health is reported; without its hints the circuit finds out by itself.
    error() {},
  });

  const run = async () => {
    while (!stop.aborted) {
      try {
        if (await sendDue(() => stop.aborted)) continue;
        await bell.wait(Math.min(LOOK_AGAIN, Math.max(0, (await nextTime()) - clock.now())), stop);
      } catch (error) {
        logger.error(`the outbox could not be read or written: ${explain(error)}`, { error });
        await bell.wait(LOOK_AGAIN, stop);
      }
    }
    events.unsubscribe();
    health.unsubscribe();
  };

  async function nextTime(): Promise<number> {
    if (circuit.until > clock.now()) return circuit.until;
    const due = (await store.nextDue(transport.name)) ?? 0;
    // What was due at the last look has been seen to: the transport paces it.
    const times = [due > looked ? due : Number.POSITIVE_INFINITY, ...[...paced.values()].map(({ until }) => until)];
    return Math.min(...times);
  }

  /** Whether anything was sent or put off. */
  async function sendDue(enough: () => boolean): Promise<boolean> {
    let busy = false;
    looked = clock.now();
    for (const [kind, { since, until }] of paced) if (looked < since || looked >= until) paced.delete(kind);
    // Those that can never be sent must not be the ones to find out each time, however many they are.
    const first = circuit.broken ? 'least tried' : 'oldest';
    const rows = await store.unsent(transport.name, AT_ONCE, [...paced.keys()], first);
    for (const row of rows) {
      if (enough() || circuit.until > clock.now()) break;
      if (paced.has(kindOf(row))) continue;
      busy = true;
      await sendOne(row);
    }
    return busy;
  }

  async function sendOne(row: OutboxRow): Promise<void> {
    const note = unnoted.get(row.seq) ?? (await tryOnce(row));
    if (!note) return;
    unnoted.set(row.seq, note);
    await note();
    unnoted.delete(row.seq);
  }

  /** Sends a notice; what the store is to be told of it. */
  async function tryOnce(row: OutboxRow): Promise<(() => Promise<void>) | undefined> {
    const { run, key, notice } = row;
    try {
      using limit = new TimeLimit(cut, SEND_TIMEOUT);
      await transport.send(await fitted(notice, transport, fitting), { run, key }, limit.signal);
    } catch (error) {
      if (cut.aborted) return undefined;
      return error instanceof TransportError && error.paced ? putOff(row, error) : failed(row, error);
    }
    circuit.passed();
    return () => store.sent(row);
  }

  function putOff(row: OutboxRow, error: TransportError): (() => Promise<void>) | undefined {
    const { run, key } = row;
    const kind = kindOf(row);
    const now = clock.now();
    const until = now + Math.ceil(error.retryAfter ?? LOOK_AGAIN);
    const drop = !error.retryable && kind !== 'final';
    logger.debug(error.message, { run, key, again: drop ? undefined : new Date(until).toISOString() });
    // Newer progress takes over the time of the older one, which it finds in the store.
    if (drop || kind === 'progress') return () => store.postpone(row, drop ? undefined : until, error.message);
    // A limit is for all of a kind: a thousand that wait for it need not all be asked about.
    paced.set(kind, { since: now, until });
    return undefined;
  }

  function failed(row: OutboxRow, error: unknown): () => Promise<void> {
    const { run, key } = row;
    const { retryable, retryAfter, alone } =
      error instanceof TransportError ? error : { retryable: true, retryAfter: undefined, alone: false };
    const now = clock.now();
    const own = alone || !circuit.broken;
    if (retryable) circuit.failed(alone ? undefined : retryAfter);
    // Who refuses a notice is there.
    else circuit.passed();
    let at: number | undefined;
    if (!isGivenUp(row, retryable, own ? MOST_TRIES.alone : MOST_TRIES.away)) {
      // While nothing comes through it is nobody's own fault: each is due again as soon as something does.
      at = retryable && !own ? now : now + Math.max(ownWait(row, retryable), alone ? (retryAfter ?? 0) : 0);
    }
    const again = at && new Date(Math.max(at, circuit.until)).toISOString();
    logger.warn(`notice not sent: ${explain(error)}`, { run, key, again });
    return () => store.postpone(row, at, explain(error));
  }

  return {
    finished: run(),
    async flush() {
      while (!cut.aborted && (await sendDue(() => cut.aborted)));
    },
  };
}

const kindOf = ({ notice }: OutboxRow): NoticeKind => notice.kind ?? 'progress';

function isGivenUp({ attempts, notice: { kind } }: OutboxRow, retryable: boolean, tries: number): boolean {
  if (kind === 'final') return false;
  // A refused question is given up, since its run must not wait for ever to tell its end; its deadline answers it.
  return !retryable || (kind !== 'question' && attempts >= tries);
}

/** How long a notice waits that fails while others may not, in ms. */
function ownWait({ attempts }: OutboxRow, retryable: boolean): number {
  return retryable ? Math.ceil(Math.random() * Math.min(60_000, 1000 * 2 ** attempts)) : 300_000;
}
