import { MiltonError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import type { Message, Notice } from '../../message.ts';
import type { Acceptance, CancelResult, Effect, KeyedNotice, RetryResult } from '../job-store.ts';
import { finish } from './jobs.ts';
import { FINAL, queueNotices } from './outbox.ts';
import { answer } from './questions.ts';
import type { Write } from './write.ts';

type EffectOf<Name extends Effect['do']> = Extract<Effect, { do: Name }>;

interface FoundJob {
  state: string;
  lane: string;
  message: string;
  slots: string;
}

export function accept(write: Write, acceptance: Acceptance): 'accepted' | 'duplicate' {
  const { run, message, seen, job, effects, notices } = acceptance;
  if (seen.some((key) => isSeen(write, key))) return 'duplicate';
  for (const key of seen) write.db.run('INSERT OR IGNORE INTO seen (key, at) VALUES (?, ?)', key, write.now);
  const told: KeyedNotice[] = [];
  const tell = (key: string, notice: Notice | undefined) => notice && told.push({ key, notice });
  if (job) tell('accepted', job.acknowledge(enqueue(write, job.id, job.lane, message, job.slots)));
  effects.forEach((effect, i) => {
    tell(i === 0 ? 'reply' : `reply:${i + 1}`, carryOut(write, effect, message));
  });
  queueNotices(write, run, message.transport, [...told, ...notices]);
  return 'accepted';
}

export function isSeen({ db }: Pick<Write, 'db'>, key: string): boolean {
  return db.get('SELECT 1 FROM seen WHERE key = ?', key) !== undefined;
}

/** Adds a job at the end of its lane; returns how many stand before it. */
function enqueue(
  write: Write,
  id: string,
  lane: string,
  message: Message,
  slots: Readonly<Record<string, Json>>,
  retryOf?: string,
): number {
  const { db, now } = write;
  if (find(write, id)) throw new MiltonError('RUN_ID_TAKEN', `There is already a request ${id}.`);
  const { ahead } = db.get<{ ahead: number }>(
    'SELECT count(*) AS ahead FROM jobs WHERE finished_at IS NULL AND lane = ?',
    lane,
  )!;
  db.run(
    'INSERT INTO jobs (id, lane, message, slots, retry_of, created_at) VALUES (?, ?, ?, ?, ?, ?)',
    id,
    lane,
    JSON.stringify(message),
    JSON.stringify(slots),
    retryOf,
    now,
  );
  write.emit({ type: 'queued' });
  return ahead;
}

function carryOut(write: Write, effect: Effect, message: Message): Notice | undefined {
  switch (effect.do) {
    case 'cancel':
      return effect.reply(cancel(write, effect));
    case 'answer':
      return effect.reply(answer(write, effect.question, effect.choice, message));
    case 'retry':
      return effect.reply(retry(write, effect));
  }
}

function cancel(write: Write, { job, final }: EffectOf<'cancel'>): CancelResult {
  const found = find(write, job);
  if (!found) return 'unknown';
  if (found.state === 'queued') {
    const { transport } = JSON.parse(found.message) as Message;
    finish(write, job, transport, 'cancelled', [{ key: FINAL, notice: final }]);
    return 'cancelled';
  }
  if (found.state !== 'active') return 'finished';
  write.db.run('UPDATE jobs SET cancel_requested = 1 WHERE id = ?', job);
  write.emit({ type: 'cancel', job });
  return 'requested';
}

function retry(write: Write, { job, as }: EffectOf<'retry'>): RetryResult {
  const found = find(write, job);
  if (!found) return 'unknown';
  if (found.state === 'queued' || found.state === 'active') return 'open';
  const message = JSON.parse(found.message) as Message;
  const slots = JSON.parse(found.slots) as Record<string, Json>;
  return { ahead: enqueue(write, as, found.lane, message, slots, job) };
}

const find = ({ db }: Write, id: string) =>
  db.get<FoundJob>('SELECT state, lane, message, slots FROM jobs WHERE id = ?', id);
