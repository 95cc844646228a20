import type { Database } from './database.ts';

/** Marks a file as Milton's database ("MLTN"). */
export const APPLICATION_ID = 0x4d4c544e;

/** Numbered from 1. A migration that was released is never changed; the next change is a new one at the end. */
const migrations: readonly string[] = [
  `
  CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    message TEXT NOT NULL,
    slots TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued',
    attempt INTEGER NOT NULL DEFAULT 0,
    stalled INTEGER NOT NULL DEFAULT 0,
    lease INTEGER NOT NULL DEFAULT 0,
    cancel_requested INTEGER NOT NULL DEFAULT 0,
    retry_of TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER
  ) STRICT;
  CREATE INDEX jobs_open ON jobs(lane, seq) WHERE finished_at IS NULL;
  CREATE UNIQUE INDEX jobs_one_active ON jobs(lane) WHERE state = 'active';
  CREATE INDEX jobs_finished ON jobs(finished_at) WHERE finished_at IS NOT NULL;

  CREATE TABLE journal (
    job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    at_most_once INTEGER NOT NULL,
    state TEXT NOT NULL,
    value TEXT,
    note TEXT,
    PRIMARY KEY (job, key)
  ) STRICT;

  CREATE TABLE questions (
    id TEXT PRIMARY KEY,
    job TEXT NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    choices TEXT NOT NULL,
    on_timeout TEXT NOT NULL,
    deadline INTEGER NOT NULL,
    answer TEXT,
    answered_by TEXT,
    message TEXT,
    closed INTEGER NOT NULL DEFAULT 0,
    UNIQUE (job, key)
  ) STRICT;

  CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL,
    key TEXT NOT NULL,
    transport TEXT NOT NULL,
    kind TEXT NOT NULL,
    notice TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'unsent',
    attempts INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    created_at INTEGER NOT NULL,
    UNIQUE (run, key)
  ) STRICT;
  CREATE INDEX outbox_unsent ON outbox(transport, seq) WHERE state = 'unsent';
  CREATE INDEX outbox_heads ON outbox(run, seq) WHERE state = 'unsent';

  CREATE TABLE seen (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE kept (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
  'ALTER TABLE outbox ADD COLUMN postponed_at INTEGER NOT NULL DEFAULT 0',
  // marks: the keys marked by a run that has not reached queue(); NULL once it has.
  `
  ALTER TABLE jobs ADD COLUMN marks TEXT;
  DROP INDEX jobs_open;
  CREATE INDEX jobs_open ON jobs(lane, seq) WHERE finished_at IS NULL AND state <> 'held';
  CREATE INDEX jobs_held ON jobs(seq) WHERE state = 'held';
  `,
  'ALTER TABLE questions ADD COLUMN asked_at INTEGER NOT NULL DEFAULT 0',
  // A table of its own, since lists of jobs have no need of it.
  'CREATE TABLE results (job TEXT PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE, slots TEXT NOT NULL) STRICT',
  `ALTER TABLE questions ADD COLUMN place TEXT NOT NULL DEFAULT 'phone'`,
  'ALTER TABLE kept ADD COLUMN until INTEGER',
];

/** The version of a database that has every migration. */
export const VERSION = migrations.length;

/** Whether a database of this version must be brought up to date; a new one, of version 0, is only set up. */
export const isOlder = (version: number): boolean => version > 0 && version < VERSION;

/** Makes the settings that stay in the file, and carries out the migrations it lacks. */
export function migrate(db: Database): void {
  // Only heeded before the first table exists.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  db.exec('PRAGMA journal_mode = WAL');
  db.transaction(() => {
    for (const sql of migrations.slice(Number(db.pragma('user_version')))) db.exec(sql);
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSION}`);
  });
}
