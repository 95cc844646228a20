import { explain } from '../errors.ts';
import type { Notice } from '../message.ts';
import type { Clock, Logger } from '../services.ts';
import type { JobStore, OutboxRow } from '../store/job-store.ts';
import { type Transport, TransportError } from '../transport.ts';
import { Bell } from './bell.ts';

const SEND_TIMEOUT = 30_000;
const LOOK_AGAIN = 5000;
const MOST_TRIES = 10;

interface SenderOptions {
  readonly store: JobStore;
  readonly transport: Transport;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Takes secrets and control characters out of a text before it leaves the machine. */
  clean(text: string): string;
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

export function createSender({ store, transport, logger, clock, clean, stop, cut }: SenderOptions): Sender {
  const bell = new Bell();
  const events = store.events$.subscribe((event) => {
    if (event.type === 'outbox') bell.ring();
  });
  // What became of a notice while the store could not take note of it: delivered, or to be tried again at a time.
  const unnoted = new Map<number, 'delivered' | number>();

  const run = async () => {
    while (!stop.aborted) {
      try {
        if (await sendDue(() => stop.aborted)) continue;
        const due = await store.nextDue(transport.name);
        await bell.wait(Math.min(LOOK_AGAIN, Math.max(0, (due ?? Infinity) - clock.now())), stop);
      } catch (error) {
        logger.error(`the outbox could not be read or written: ${explain(error)}`, { error });
        await bell.wait(LOOK_AGAIN, stop);
      }
    }
    events.unsubscribe();
  };

  /** Whether anything was sent or put off. */
  async function sendDue(enough: () => boolean): Promise<boolean> {
    let busy = false;
    for (const row of await store.unsent(transport.name, 20)) {
      if (enough()) break;
      const known = unnoted.get(row.seq);
      if (typeof known === 'number' && known > clock.now()) continue;
      busy = true;
      await sendOne(row, known === 'delivered');
    }
    return busy;
  }

  async function sendOne(row: OutboxRow, delivered: boolean): Promise<void> {
    const { run, key, notice, seq } = row;
    try {
      if (!delivered) {
        await transport.send(
          cleaned(notice, clean),
          { run, key },
          AbortSignal.any([cut, AbortSignal.timeout(SEND_TIMEOUT)]),
        );
        unnoted.set(seq, 'delivered');
      }
    } catch (error) {
      if (cut.aborted) return;
      const at = nextTry(row, error, clock.now());
      logger.warn(`notice not sent: ${explain(error)}`, { run, key, again: at && new Date(at).toISOString() });
      unnoted.set(seq, at ?? Number.POSITIVE_INFINITY);
      await store.postpone(row, at, explain(error));
      unnoted.delete(seq);
      return;
    }
    await store.sent(row);
    unnoted.delete(seq);
  }

  return {
    finished: run(),
    async flush() {
      while (!cut.aborted && (await sendDue(() => cut.aborted)));
    },
  };
}

function cleaned(notice: Notice, clean: (text: string) => string): Notice {
  const { title, body } = notice;
  return { ...notice, title: clean(title), ...(body === undefined ? {} : { body: clean(body) }) };
}

/** When to try again, in ms since the epoch; undefined = never. */
function nextTry({ attempts, notice }: OutboxRow, error: unknown, now: number): number | undefined {
  const { retryable, retryAfter } =
    error instanceof TransportError ? error : { retryable: true, retryAfter: undefined };
  const final = notice.kind === 'final';
  // A refused question is given up, since its run must not wait for ever to tell its end; its deadline answers it.
  if (!final && !retryable) return undefined;
  if (!final && notice.kind !== 'question' && attempts >= MOST_TRIES) return undefined;
  const most = retryable ? Math.min(60_000, 1000 * 2 ** attempts) : 300_000;
  return Math.ceil(now + Math.max(retryAfter ?? 0, retryable ? Math.random() * most : most));
}
