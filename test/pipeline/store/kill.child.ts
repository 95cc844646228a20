/**
 * A daemon that is killed at any moment: accepts, claims, journals, settles and sends as fast as it can. What it has been promised,
 * and what it is about to do to the world, it says on stdout, one line per write.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import type { Claim, JobStore, JournalEntry } from '../../../src/pipeline/store/job-store.ts';
import { openStore } from '../../../src/pipeline/store/sqlite/open-store.ts';

const [file, first] = [process.argv[2]!, Number(process.argv[3])];
const say = (line: string) => writeSync(1, `${line}\n`);
const store = openStore(file, { mode: 'daemon' });
say('open');
// What is killed never writes it at its end, and without it every round takes twice as long.
flushCompileCache();

const entry = (key: string, state: JournalEntry['state'], value: string | null): JournalEntry => ({
  key,
  atMostOnce: key === 'agent',
  state,
  value,
  note: null,
});

for (let n = first; ; n++) {
  await accept(store, n);
  if (n % 3 === 0) await accept(store, n - 1);
  const claim = await store.claim(60_000);
  if (claim) await work(store, claim, n);
  for (const row of await store.unsent('phone', 5)) {
    say(`sending ${row.run} ${row.key}`);
    await store.sent(row);
    say(`sent ${row.run} ${row.key}`);
  }
}

/** Some messages come twice; a few cancel the one before. */
async function accept(store: JobStore, n: number): Promise<void> {
  const [id, text, at] = [`m${n}`, 'x'.repeat(n % 50 === 0 ? 20_000 : 300), new Date().toISOString()];
  const final = { title: 'cancelled', kind: 'final' as const };
  const result = await store.accept({
    run: id,
    message: { id, transport: 'phone', text, at },
    seen: [id],
    job: { id, lane: `lane${n % 3}`, slots: {}, acknowledge: () => ({ title: 'ack', kind: 'reply' }) },
    effects: n % 7 === 0 ? [{ do: 'cancel', job: `m${n - 2}`, final, reply: () => undefined }] : [],
    notices: [],
  });
  say(`${result} ${id}`);
}

async function work(store: JobStore, claim: Claim, n: number): Promise<void> {
  const { job, journal, attempt } = claim;
  if (n % 11 === 0) {
    await store.release(claim, []);
    return;
  }
  if (!journal.has('fetch')) await store.checkpoint(claim, entry('fetch', 'done', '"fetched"'), []);
  const begun = journal.get('agent');
  if (begun === undefined && (await store.checkpoint(claim, entry('agent', 'begun', null), []))) {
    say(`start ${job} ${attempt}`);
    await store.checkpoint(claim, entry('agent', 'done', '"worked"'), [{ key: 'done', notice: { title: 'worked' } }]);
  }
  const outcome = begun?.state === 'begun' ? 'interrupted' : 'done';
  const settled = await store.settle(claim, outcome, [{ key: 'final', notice: { title: outcome, kind: 'final' } }]);
  if (settled) say(`settled ${job} ${outcome}`);
}
