import { onTestFinished } from 'vitest';
import type { Message, Notice } from '../../pipeline/message.ts';
import type {
  Acceptance,
  Claim,
  JobStore,
  JournalEntry,
  KeyedNotice,
  StoreEvent,
} from '../../pipeline/store/job-store.ts';

/** One place that holds jobs, and the workers on it. */
export interface Stores {
  /** Opens one more worker on the same data. A worker never takes over a job from itself unless it dropped the claim. */
  worker(): Promise<JobStore>;
  /** The clock that every worker goes by; a negative advance sets it back. */
  readonly clock: { now(): number; advance(ms: number): void };
  /** Closes every worker and removes the data. */
  close(): Promise<void>;
}
export type OpenStores = () => Promise<Stores>;

export const LEASE = 60_000;

/** Two workers on one fresh place, gone when the test is over. */
export async function setUp(open: OpenStores) {
  const stores = await open();
  onTestFinished(() => stores.close());
  const store = await stores.worker();
  const other = await stores.worker();
  const events: StoreEvent[] = [];
  store.events$.subscribe((event) => events.push(event));
  return { store, other, events, clock: stores.clock };
}

export const message = (id: string, more: Partial<Message> = {}): Message => ({
  id,
  transport: 'phone',
  text: `CODE: ${id}`,
  at: '2026-01-01T00:00:00.000Z',
  ...more,
});

export const said = (key: string, kind: Notice['kind'] & string = 'milestone'): KeyedNotice => ({
  key,
  notice: { title: key, kind },
});

export const final: KeyedNotice = said('final', 'final');

/** What a message that leaves nothing but its mark leaves behind. */
export const bare = (id: string, more: Partial<Acceptance> = {}): Acceptance => ({
  run: `run-${id}`,
  message: message(id),
  seen: [id],
  effects: [],
  notices: [],
  ...more,
});

/** A message that becomes the job `id` and is told how many stand before it. */
export const request = (id: string, lane = 'app', more: Partial<Acceptance> = {}): Acceptance => ({
  ...bare(id),
  run: id,
  job: { id, lane, slots: { id }, acknowledge: (ahead) => ({ title: `${ahead} ahead`, kind: 'reply' }) },
  ...more,
});

export const entry = (key: string, more: Partial<JournalEntry> = {}): JournalEntry => ({
  key,
  atMostOnce: false,
  state: 'done',
  value: '1',
  note: null,
  ...more,
});

/** Accepts a request and claims what comes first. */
export async function begin(store: JobStore, id: string, lane = 'app'): Promise<Claim> {
  await store.accept(request(id, lane));
  return (await store.claim(LEASE))!;
}

/** Sends everything that is due; returns `run/key` in the order of sending. */
export async function sendAll(store: JobStore, transport = 'phone'): Promise<string[]> {
  const sent: string[] = [];
  for (;;) {
    const rows = await store.unsent(transport, 100);
    if (rows.length === 0) return sent;
    for (const row of rows) {
      await store.sent(row);
      sent.push(`${row.run}/${row.key}`);
    }
  }
}
