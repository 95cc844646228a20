import { explain } from '../errors.ts';
import type { Notice } from '../message.ts';
import type { Logger } from '../services.ts';
import type { JobStore, OutboxRow } from '../store/job-store.ts';
import { type Transport, TransportError } from '../transport.ts';
import { Bell } from './bell.ts';

const SEND_TIMEOUT = 30_000;
const LOOK_AGAIN = 5000;
const MOST_TRIES = 10;

/** Sends what waits in the store through one transport: in order per run, retried, nothing final ever dropped. */
export interface Sender {
  /** Ends when the signal aborts. */
  readonly finished: Promise<void>;
  /** Sends what is due once more; for the end of a shutdown. */
  flush(signal: AbortSignal): Promise<void>;
}

export interface SenderOptions {
  readonly store: JobStore;
  readonly transport: Transport;
  readonly logger: Logger;
  /** Takes secrets and control characters out of a text before it leaves the machine. */
  clean(text: string): string;
}

export function createSender({ store, transport, logger, clean }: SenderOptions, stop: AbortSignal): Sender {
  const bell = new Bell();
  const events = store.events$.subscribe((event) => {
    if (event.type === 'outbox') bell.ring();
  });

  const run = async () => {
    while (!stop.aborted) {
      try {
        if ((await sendDue(stop)) > 0) continue;
        const due = await store.nextDue(transport.name);
        await bell.wait(Math.min(LOOK_AGAIN, Math.max(0, (due ?? Infinity) - Date.now())), stop);
      } catch (error) {
        logger.error(`the outbox could not be read: ${explain(error)}`, { error });
        await bell.wait(LOOK_AGAIN, stop);
      }
    }
    events.unsubscribe();
  };

  async function sendDue(signal: AbortSignal): Promise<number> {
    const rows = await store.unsent(transport.name, 20);
    for (const row of rows) {
      if (signal.aborted) break;
      await sendOne(row, signal);
    }
    return rows.length;
  }

  async function sendOne(row: OutboxRow, signal: AbortSignal): Promise<void> {
    const { run, key, notice } = row;
    try {
      await transport.send(
        cleaned(notice, clean),
        { run, key },
        AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT)]),
      );
    } catch (error) {
      if (signal.aborted) return;
      const at = nextTry(row, error);
      logger.warn(`notice not sent: ${explain(error)}`, { run, key, again: at && new Date(at).toISOString() });
      return store.postpone(row, at, explain(error));
    }
    await store.sent(row);
  }

  return {
    finished: run(),
    async flush(signal) {
      while (!signal.aborted && (await sendDue(signal)) > 0);
    },
  };
}

function cleaned(notice: Notice, clean: (text: string) => string): Notice {
  const { title, body } = notice;
  return { ...notice, title: clean(title), ...(body === undefined ? {} : { body: clean(body) }) };
}

/** When to try again, in ms since the epoch; undefined = never. */
function nextTry({ attempts, notice }: OutboxRow, error: unknown): number | undefined {
  const { retryable, retryAfter } =
    error instanceof TransportError ? error : { retryable: true, retryAfter: undefined };
  const mustArrive = notice.kind === 'final' || notice.kind === 'question';
  if (!mustArrive && (!retryable || attempts >= MOST_TRIES)) return undefined;
  const most = retryable ? Math.min(60_000, 1000 * 2 ** attempts) : 300_000;
  return Math.ceil(Date.now() + Math.max(retryAfter ?? 0, retryable ? Math.random() * most : most));
}
