import type { Message, Notice } from '../../message.ts';
import type { HeldRun, KeyedNotice, NewHold, Resumption } from '../job-store.ts';
import type { Database } from './database.ts';
import { carryOut } from './effects.ts';
import { ahead, finish, insert } from './jobs.ts';
import { mark } from './marks.ts';
import { FINAL, queueNotices, withdrawQuestions } from './outbox.ts';
import { closeQuestions, put, questionsOf } from './questions.ts';
import type { Write } from './write.ts';

type EndingOf<R> = R extends { readonly ending: infer Ending } ? Ending : never;

interface Row {
  id: string;
  seq: number;
  message: string;
  marks: string;
}

/** Stores a run that waits above queue() for a person, with its question. */
export function hold(
  write: Write,
  { key, question, ...job }: NewHold,
  message: Message,
  marks: readonly string[],
): void {
  insert(write, { ...job, message, marks });
  put(write, job.id, message.transport, key, question);
  write.emit({ type: 'held' });
}

export function listHeld(db: Database): HeldRun[] {
  return db.all<Row>(`SELECT id, seq, message, marks FROM jobs WHERE state = 'held' ORDER BY seq`).map((row) => ({
    id: row.id,
    message: JSON.parse(row.message) as Message,
    seen: JSON.parse(row.marks) as string[],
    questions: questionsOf(db, row.id),
  }));
}

export function resume(write: Write, resumption: Resumption): 'resumed' | 'duplicate' | 'over' {
  const { run, seen, effects, notices, text } = resumption;
  const held = write.db.get<Row>(`SELECT id, seq, message, marks FROM jobs WHERE id = ? AND state = 'held'`, run);
  if (!held) return 'over';
  if (!mark(write, seen)) return 'duplicate';
  const message = JSON.parse(held.message) as Message;
  const { transport } = message;
  // Only now, since until here its steps had to get it as it came.
  if (text !== undefined && !('hold' in resumption)) reword(write, run, { ...message, text });
  // What was asked and not sent yet is answered by now.
  withdrawQuestions(write, run);
  const told: KeyedNotice[] = [];
  if ('job' in resumption) {
    const notice = resumption.job.acknowledge(toQueue(write, held, resumption.job));
    if (notice) told.push({ key: 'accepted', notice });
  }
  told.push(...carryOut(write, effects, message), ...notices);
  if ('ending' in resumption) {
    end(write, run, transport, resumption.ending, told);
    return 'resumed';
  }
  queueNotices(write, run, transport, told);
  if ('hold' in resumption)
    again(write, resumption.hold, transport, [...(JSON.parse(held.marks) as string[]), ...seen]);
  return 'resumed';
}

function reword({ db }: Write, run: string, message: Message): void {
  db.run('UPDATE jobs SET message = ? WHERE id = ?', JSON.stringify(message), run);
}

function end(write: Write, run: string, transport: string, ending: EndingOf<Resumption>, told: KeyedNotice[]): void {
  // One of its own effects may have cancelled it, and then it has had its final notice.
  const open = write.db.get(`SELECT 1 FROM jobs WHERE id = ? AND state = 'held'`, run);
  const said = open && ending.unlessSaid ? told.pop()?.notice : undefined;
  const notice = said ? lastSaid(said) : ending.notice;
  if (!open) queueNotices(write, run, transport, told);
  else finish(write, run, transport, ending.outcome, [...told, { key: FINAL, notice }]);
}

/** What was said on the way may be silent; the last notice of a request is not. */
const lastSaid = (notice: Notice): Notice => ({
  ...notice,
  kind: 'final',
  priority: notice.priority === 4 || notice.priority === 5 ? notice.priority : 3,
});

/** Gives a held job its place in its lane, which is that of its arrival; returns how many stand before it. */
function toQueue(write: Write, { id, seq }: Row, { lane, slots }: Pick<NewHold, 'lane' | 'slots'>): number {
  const before = ahead(write, lane, seq);
  write.db.run(
    `UPDATE jobs SET state = 'queued', marks = NULL, lane = ?, slots = ? WHERE id = ?`,
    lane,
    JSON.stringify(slots),
    id,
  );
  closeQuestions(write, id);
  write.emit({ type: 'queued' });
  return before;
}

function again(write: Write, hold: NewHold, transport: string, marks: readonly string[]): void {
  write.db.run(
    'UPDATE jobs SET marks = ?, lane = ?, slots = ? WHERE id = ?',
    JSON.stringify(marks),
    hold.lane,
    JSON.stringify(hold.slots),
    hold.id,
  );
  put(write, hold.id, transport, hold.key, hold.question);
  write.emit({ type: 'held' });
}
