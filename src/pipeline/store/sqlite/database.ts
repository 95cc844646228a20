import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { storeError } from './errors.ts';

/** A value that can be bound to a statement; undefined is stored as NULL. */
type Value = SQLInputValue | undefined;

/** One connection to a database file: keeps its prepared statements, and translates its failures for a person. */
export class Database {
  readonly file: string;
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** `timeout`: how long to wait for another connection's lock, in ms. */
  constructor(file: string, options: { readonly readOnly?: boolean; readonly timeout?: number } = {}) {
    this.file = file;
    this.#connection = this.#translate(() => new DatabaseSync(file, { timeout: 5000, ...options }));
  }

  /** Runs statements that take no values and return nothing. */
  exec(sql: string): void {
    this.#translate(() => this.#connection.exec(sql));
  }

  /** Runs one statement; returns how many rows it changed. */
  run(sql: string, ...values: Value[]): number {
    return this.#translate(() => Number(this.#statement(sql).run(...bindable(values)).changes));
  }

  /** The first row. */
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#translate(() => this.#statement(sql).get(...bindable(values))) as Row | undefined;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#translate(() => this.#statement(sql).all(...bindable(values))) as Row[];
  }

  /** The value of a PRAGMA that has one. */
  pragma(name: string): unknown {
    return Object.values(this.get<object>(`PRAGMA ${name}`) ?? {})[0];
  }

  /** Does all of it or nothing; returns after the commit is on the disk. */
  transaction<T>(work: () => T): T {
    this.run('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.run('COMMIT');
      return result;
    } catch (error) {
      // SQLite may have rolled back by itself, as it does when the disk is full.
      if (this.isOpen && this.#connection.isTransaction) this.run('ROLLBACK');
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  close(): void {
    this.#statements.clear();
    if (this.isOpen) this.#connection.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #translate<T>(use: () => T): T {
    try {
      return use();
    } catch (error) {
      throw storeError(error, this.file);
    }
  }
}

const bindable = (values: readonly Value[]): SQLInputValue[] => values.map((value) => value ?? null);
