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

const job = (id: string, n: number) => ({
  id,
  lane: `lane${n % 3}`,
  slots: {},
  acknowledge: () => ({ title: 'ack', kind: 'reply' as const }),
});

const question = { title: 'Q', choices: ['yes', 'no'], timeout: 60_000, onTimeout: 'no' };
const hold = (id: string, key: string) => ({ id, lane: 'none', slots: {}, key, question });

for (let n = first; ; n++) {
  await accept(store, n);
  if (n % 3 === 0) await accept(store, n - 1);
  await goOn(store);
  const claim = await store.claim(60_000);
  if (claim) await work(store, claim, n);
  for (const row of await store.unsent('phone', 5)) {
    say(`sending ${row.run} ${row.key}`);
    await store.sent(row);
    say(`sent ${row.run} ${row.key}`);
  }
}

/** Takes the held requests on as their question is answered: queued, asked once more, or over. */
async function goOn(store: JobStore): Promise<void> {
  for (const { id, questions } of await store.held()) {
    const common = { run: id, seen: [], effects: [], notices: [] };
    const n = Number(id.slice(1));
    for (const question of questions) await store.expire(question.id);
    if (n % 4 === 0 && questions.length === 1) await store.resume({ ...common, hold: hold(id, 'again') });
    else if (n % 3 === 0) {
      const ending = { outcome: 'expired', notice: { title: 'expired', kind: 'final' } } as const;
      if ((await store.resume({ ...common, ending })) === 'resumed') say(`settled ${id} expired`);
    } else await store.resume({ ...common, job: job(id, n) });
  }
}

/** Some messages come twice; a few cancel the one before; a few are held. */
async function accept(store: JobStore, n: number): Promise<void> {
  const [id, text, at] = [`m${n}`, 'x'.repeat(n % 50 === 0 ? 20_000 : 300), new Date().toISOString()];
  const final = { title: 'cancelled', kind: 'final' as const };
  const result = await store.accept({
    run: id,
    message: { id, transport: 'phone', text, at },
    seen: [id],
    ...(n % 5 === 1 ? { hold: hold(id, 'first') } : { job: job(id, n) }),
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
