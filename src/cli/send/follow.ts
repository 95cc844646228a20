import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MiltonError } from '../../pipeline/errors.ts';
import type { Message } from '../../pipeline/message.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import { readSignature } from '../../plugins/authorise/signature.ts';
import type { Invocation } from '../command-line/command.ts';
import { ProgressLine } from '../command-line/progress-line.ts';
import { jsonLine, safe, short } from '../command-line/terminal.ts';
import { WAITS } from '../command-line/wording.ts';
import { isRunning, watchRunning } from '../installation/is-running.ts';
import { observe } from '../installation/observe.ts';
import type { Prepared } from '../installation/prepare.ts';
import { runLog } from '../runs/run-log.ts';
import { entryAsJson, showEntry } from '../runs/show-entry.ts';

/** How long Milton may take to record a message, how long once it has heard one that may be it, and how often it is looked, in ms. */
const PATIENCE = 30_000;
const HEARD = 5_000;
const LOOK = 100;
/** How many of the newest requests it may be among. */
const NEWEST = 20;

/** What a request does that is in this state. */
const SAYS: Readonly<Record<string, string>> = { queued: 'waits for its turn', held: WAITS, active: 'at work' };

/** What was sent; `id` = what the message is called once it is heard, where the transport knows that. */
interface Sent {
  readonly text: string;
  readonly id: string | undefined;
}

/** A message that is about to be sent, and will be followed. */
export class Followed implements AsyncDisposable {
  readonly #prepared: Prepared;
  readonly #store: NonNullable<ReturnType<typeof observe>>;
  readonly #began = Date.now();
  #before: ReadonlySet<string> = new Set();

  private constructor(prepared: Prepared, store: NonNullable<ReturnType<typeof observe>>) {
    this.#prepared = prepared;
    this.#store = store;
  }

  /** Throws MiltonError NOT_RUNNING where nobody on this machine would work on it. */
  static async begin(prepared: Prepared): Promise<Followed> {
    const store = isRunning(prepared) ? observe(prepared) : undefined;
    if (!store) {
      throw new MiltonError(
        'NOT_RUNNING',
        'Milton is not running here, so the request could not be followed. Nothing was sent.',
        {
          hint: 'Start it: milton start. Or send it without --follow.',
        },
      );
    }
    const followed = new Followed(prepared, store);
    followed.#before = new Set((await newest(store)).map(({ id }) => id));
    return followed;
  }

  /** Shows what is told of the request until it is over; resolves to the exit code, 0 = it is done. */
  async show(sent: Sent, { flags, terminal }: Pick<Invocation, 'flags' | 'terminal'>): Promise<number> {
    using progress = new ProgressLine();
    progress.say('waiting for Milton to hear it');
    const id = await this.#find(sent);
    const talk = (line: string) => {
      progress.clear();
      terminal.talk(line);
    };
    using _told = watchRunning(this.#prepared, { talk });
    const folder = join(this.#prepared.folders.state, 'agents');
    let state = 'gone';
    for await (const entry of runLog(id, { store: this.#store, folder, follow: true })) {
      if (entry.type === 'state') state = entry.state;
      if (entry.type === 'output') progress.say(short(entry.text, 200));
      else progress.say(SAYS[state] ?? state);
      progress.clear();
      if (flags.json) terminal.print(jsonLine(entryAsJson(entry)));
      else if (entry.type === 'notice') showEntry(entry, terminal);
    }
    return state === 'done' ? 0 : 1;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close();
  }

  /** The request that has come of it: that of this message, or, where nobody knows which one it is, a new one with this text. */
  async #find({ text, id }: Sent): Promise<string> {
    const isText = (told: string | undefined) => told?.trim() === text.trim();
    const isOurs = (message: Message) =>
      id === undefined ? isText(message.text) || isText(readSignature(message.text)?.text) : message.id === id;
    for (let until = this.#began + PATIENCE; Date.now() < until; ) {
      const found = (await newest(this.#store)).findLast((job) => !this.#before.has(job.id) && isOurs(job.message));
      if (found) return found.id;
      if (!isRunning(this.#prepared)) break;
      const heardAt = (await this.#store.heardAt()) ?? 0;
      if (heardAt >= this.#began) until = Math.min(until, heardAt + HEARD);
      await sleep(LOOK);
    }
    throw await this.#notFound(text);
  }

  async #notFound(text: string): Promise<MiltonError> {
    const heard = ((await this.#store.heardAt()) ?? 0) >= this.#began;
    const what = `No request came of "${safe(text).slice(0, 60)}"`;
    return heard
      ? new MiltonError('NO_REQUEST', `${what}: Milton has heard something since, and answered it otherwise.`, {
          hint: 'It may be a command, or beyond a limit: your phone has the answer.',
        })
      : new MiltonError('NOT_HEARD', `${what}: it was sent, and Milton has not recorded it.`, {
          hint: 'See what is wrong: milton status, milton logs --level warn',
        });
  }
}

const newest = (store: Pick<JobStore, 'list'>) => store.list({ newestFirst: true, limit: NEWEST });
