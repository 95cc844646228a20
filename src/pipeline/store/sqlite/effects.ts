import type { Json } from '../../json.ts';
import type { Message, Notice } from '../../message.ts';
import type { CancelResult, Effect, KeyedNotice, RetryResult } from '../job-store.ts';
import { enqueue, finish } from './jobs.ts';
import { FINAL } from './outbox.ts';
import { answer } from './questions.ts';
import type { Write } from './write.ts';

type EffectOf<Name extends Effect['do']> = Extract<Effect, { do: Name }>;

interface FoundJob {
  state: string;
  lane: string;
  message: string;
  slots: string;
  marks: string | null;
}

/** Carries the effects of a message out; returns what they reply. */
export function carryOut(write: Write, effects: readonly Effect[], message: Message): KeyedNotice[] {
  const told: KeyedNotice[] = [];
  effects.forEach((effect, i) => {
    const notice = replyOf(write, effect, message);
    if (notice) told.push({ key: i === 0 ? 'reply' : `reply:${i + 1}`, notice });
  });
  return told;
}

function replyOf(write: Write, effect: Effect, message: Message): Notice | undefined {
  switch (effect.do) {
    case 'cancel':
      return effect.reply(cancel(write, effect));
    case 'answer':
      return effect.reply(answer(write, effect, message));
    case 'retry':
      return effect.reply(retry(write, effect));
  }
}

function cancel(write: Write, { job, final }: EffectOf<'cancel'>): CancelResult {
  const found = find(write, job);
  if (!found) return 'unknown';
  if (found.state === 'queued' || found.state === 'held') {
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
  if (found.state === 'queued' || found.state === 'active' || found.state === 'held') return 'open';
  // Not all steps above queue() have let it pass.
  if (found.marks !== null) return 'unqueued';
  const message = JSON.parse(found.message) as Message;
  const slots = JSON.parse(found.slots) as Record<string, Json>;
  return { ahead: enqueue(write, { id: as, lane: found.lane, slots, message, retryOf: job }) };
}

const find = ({ db }: Write, id: string) =>
  db.get<FoundJob>('SELECT state, lane, message, slots, marks FROM jobs WHERE id = ?', id);
