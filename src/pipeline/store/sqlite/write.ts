import type { StoreEvent } from '../job-store.ts';
import type { Database } from './database.ts';

/** What the parts of one transaction share. */
export interface Write {
  readonly db: Database;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Announces a change once it is committed. */
  emit(event: StoreEvent): void;
}
