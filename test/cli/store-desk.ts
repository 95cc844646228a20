import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../src/pipeline/json.ts';
import type { Claim, JobStore, KeyedNotice, Outcome } from '../../src/pipeline/store/job-store.ts';
import { openStore } from '../../src/pipeline/store/sqlite.ts';
import { configuration, Desk } from './desk.ts';

interface Asked {
  readonly id: string;
  readonly text?: string;
  readonly slots?: Readonly<Record<string, Json>>;
  /** Milliseconds since the epoch. */
  readonly at?: number;
}

/** A desk whose Milton has its folders and a store, without a daemon; the tests fill both. */
export class StoreDesk extends Desk implements AsyncDisposable {
  #now: number | undefined;
  #store: JobStore | undefined;

  constructor() {
    super();
    this.write('.env', 'TARGET_REPO=app\n');
    this.write('milton.config.ts', configuration());
    for (const folder of ['output', 'logs', 'agents']) {
      mkdirSync(this.state(folder), { recursive: true, mode: 0o700 });
    }
  }

  state(name: string): string {
    return join(this.home, '.local/state/milton', name);
  }

  get store(): JobStore {
    const clock = { now: () => this.#now ?? Date.now() };
    this.#store ??= openStore(this.state('milton.db'), { mode: 'observe', clock });
    return this.#store;
  }

  /** A request in the queue. */
  async ask({ id, text = `CODE: ${id}`, slots = {}, at }: Asked): Promise<void> {
    this.#now = at;
    const message = { id: `desk:${id}`, transport: 'desk', text, at: new Date(at ?? Date.now()).toISOString() };
    const acknowledge = () => ({ title: `👂 [${id}] got it`, kind: 'reply' as const });
    const job = { id, lane: 'app', slots, acknowledge };
    await this.store.accept({ run: id, message, seen: [message.id], job, effects: [], notices: [] });
  }

  /** Takes the first request that waits into work. */
  async begin(): Promise<Claim> {
    return (await this.store.claim(3_600_000))!;
  }

  /** Takes the first request that waits, and ends it. */
  async end(outcome: Outcome = 'done', results: Readonly<Record<string, Json>> = {}, claim?: Claim): Promise<void> {
    const begun = claim ?? (await this.begin());
    const final: KeyedNotice = { key: 'final', notice: { title: `✅ [${begun.job}] finished`, kind: 'final' } };
    await this.store.settle(begun, outcome, [final], results);
  }

  output(name: string, ...lines: readonly (object | string)[]): void {
    const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
    appendFileSync(this.state(`agents/${name}`), text, { mode: 0o600 });
  }

  log(day: string, ...lines: readonly object[]): void {
    writeFileSync(this.state(`logs/${day}.log`), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store?.close();
    this[Symbol.dispose]();
  }
}
