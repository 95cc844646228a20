import { MiltonError } from '../../errors.ts';
import type { Message } from '../../message.ts';
import { spokenId } from '../../run/run-id.ts';
import type {
  Answer,
  AnswerResult,
  AskedQuestion,
  Claim,
  Effect,
  KeyedNotice,
  Question,
  StoredQuestion,
} from '../job-store.ts';
import { questionNotice } from '../question-notice.ts';
import type { Database } from './database.ts';
import { post, queueNotices } from './outbox.ts';
import type { Write } from './write.ts';

interface Row {
  id: string;
  choices: string;
  on_timeout: string;
  asked_at: number;
  deadline: number;
  answer: string | null;
  answered_by: Answer['by'] | null;
  message: string | null;
  closed: number;
  place: AskedQuestion['where'];
}

export function ask(
  write: Write,
  claim: Claim,
  key: string,
  question: Question,
  notices: readonly KeyedNotice[],
): StoredQuestion {
  if (!post(write, claim, notices)) {
    throw new MiltonError('RUN_LOST', `${claim.job} is no longer in the hands of the worker that asked.`);
  }
  return put(write, claim.job, claim.message.transport, key, question);
}

/** Stores a question of a job once, with the notice that asks it. */
export function put(write: Write, job: string, transport: string, key: string, question: Question): StoredQuestion {
  const known = write.db.get<Row>('SELECT * FROM questions WHERE job = ? AND key = ?', job, key);
  if (known) return stored(known);
  const id = freeId(write.db);
  const deadline = Math.ceil(write.now + question.timeout);
  write.db.run(
    'INSERT INTO questions (id, job, key, choices, on_timeout, asked_at, deadline, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    job,
    key,
    JSON.stringify(question.choices),
    question.onTimeout,
    write.now,
    deadline,
    question.where ?? 'phone',
  );
  const notice = questionNotice({ id, deadline }, job, question);
  queueNotices(write, job, transport, [{ key: `ask:${key}`, notice }]);
  return { id, askedAt: write.now, deadline, answer: undefined };
}

function freeId(db: Database): string {
  for (;;) {
    const id = `q${spokenId(4)}`;
    if (!find(db, id)) return id;
  }
}

type Answering = Extract<Effect, { do: 'answer' }>;

/** Records a person's answer; the first one stands. Saying it again changes nothing, and is no mistake either. */
export function answer(write: Write, { question: id, choice, from }: Answering, message: Message): AnswerResult {
  const question = find(write.db, id);
  if (!question) return 'unknown';
  if (question.answer !== null && (question.message === message.id || isAgain(question, choice))) return 'accepted';
  if (question.answer !== null || question.closed === 1 || !inTime(question, message, write.now)) return 'late';
  const choices = JSON.parse(question.choices) as string[];
  const chosen = choices.find((known) => same(known, choice));
  if (chosen === undefined) return { choices };
  if (chosen !== question.on_timeout) {
    if (question.place === 'machine' && from !== 'machine') return 'machine';
    if (from === 'unsigned') return 'unsigned';
  }
  record(write, id, chosen, 'person', message.id);
  return 'accepted';
}

/** Sent in time counts, however long it was on its way; the sender's clock is asked only when ours says it is too late. */
const inTime = ({ deadline }: Row, message: Message, now: number) =>
  now <= deadline || Date.parse(message.at) <= deadline;

const isAgain = ({ answer, answered_by }: Row, choice: string) => answered_by === 'person' && same(answer!, choice);

const same = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

export function expire(write: Write, id: string): Answer | undefined {
  const question = find(write.db, id);
  if (!question || question.closed === 1 || question.answer !== null) return question && answerIn(question);
  record(write, id, question.on_timeout, 'timeout', undefined);
  return { choice: question.on_timeout, by: 'timeout' };
}

export function answerOf(db: Database, id: string): Answer | undefined {
  const question = find(db, id);
  return question && answerIn(question);
}

/** The questions of a job, in the order they were asked. */
export function questionsOf(db: Database, job: string): AskedQuestion[] {
  return db.all<Row & { key: string }>('SELECT * FROM questions WHERE job = ? ORDER BY rowid', job).map((row) => ({
    ...stored(row),
    key: row.key,
    choices: JSON.parse(row.choices) as string[],
    onTimeout: row.on_timeout,
    where: row.place,
    open: row.answer === null && row.closed === 0,
  }));
}

/** No answer counts any more: the job is over. */
export function closeQuestions({ db }: Write, job: string): void {
  db.run('UPDATE questions SET closed = 1 WHERE job = ?', job);
}

function record(write: Write, id: string, choice: string, by: Answer['by'], message: string | undefined): void {
  write.db.run('UPDATE questions SET answer = ?, answered_by = ?, message = ? WHERE id = ?', choice, by, message, id);
  write.emit({ type: 'answer', question: id });
}

const find = (db: Database, id: string) => db.get<Row>('SELECT * FROM questions WHERE id = ?', id);

const stored = (row: Row): StoredQuestion => ({
  id: row.id,
  askedAt: row.asked_at,
  deadline: row.deadline,
  answer: answerIn(row),
});

const answerIn = ({ answer, answered_by }: Row): Answer | undefined =>
  answer === null ? undefined : { choice: answer, by: answered_by! };
