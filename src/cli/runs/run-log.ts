import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Notice } from '../../pipeline/message.ts';
import type { JobState, JobStore, JobView } from '../../pipeline/store/job-store.ts';
import { transcript } from '../../plugins/execute/transcript.ts';
import { safe } from '../command-line/terminal.ts';
import { FollowedFile } from '../follow/followed-file.ts';

/** How often it is looked whether something has come, in ms. */
const LOOK = 250;

/** One thing that happened to a request; `from` = whose output it is: empty for the agent's, else a second agent's name, `test`, … */
export type LogEntry =
  | { readonly type: 'state'; readonly state: JobState; readonly at: number }
  | { readonly type: 'notice'; readonly at: number; readonly notice: Notice }
  | { readonly type: 'output'; readonly from: string; readonly text: string };

interface Sources {
  readonly store: Pick<JobStore, 'get'>;
  /** Where the outputs of agents are. */
  readonly folder: string;
  /** Whether it goes on until the request is over. */
  readonly follow: boolean;
}

/** What happened to a request, as far as it is known, and with `follow` as it happens. Its last entry is the state it is in. */
export async function* runLog(id: string, { store, folder, follow }: Sources): AsyncGenerator<LogEntry> {
  const outputs = new Outputs(folder, id);
  const told = new Set<string>();
  let state: JobState | undefined;
  try {
    for (let job = await store.get(id); job; job = await store.get(id)) {
      const over = job.finishedAt !== undefined;
      if (!over && job.state !== state) yield { type: 'state', state: job.state, at: job.startedAt ?? job.createdAt };
      state = job.state;
      yield* news(job, told, false);
      yield* outputs.read(over || !follow);
      if (over) {
        yield* news(job, told, true);
        yield { type: 'state', state, at: job.finishedAt! };
      }
      if (over || !follow) return;
      await sleep(LOOK);
    }
  } finally {
    await outputs[Symbol.asyncDispose]();
  }
}

/** The notices that were not told yet; the last one only where nothing else is left to be told. */
function* news({ notices }: JobView, told: Set<string>, last: boolean): Generator<LogEntry> {
  for (const { key, notice, at } of notices) {
    // The same key again is another notice: progress, say.
    const name = `${key} ${at} ${notice.title}`;
    if (told.has(name) || (key === 'final' && !last)) continue;
    told.add(name);
    yield { type: 'notice', at, notice };
  }
}

/** The files that agents and commands of a request write. */
class Outputs implements AsyncDisposable {
  readonly #folder: string;
  readonly #name: RegExp;
  readonly #files = new Map<
    string,
    { readonly file: FollowedFile; readonly read: (line: string) => readonly string[] }
  >();

  constructor(folder: string, id: string) {
    this.#folder = folder;
    this.#name = new RegExp(`^${id}(?:[.-](.*?))?\\.out(\\.err)?$`);
  }

  async *read(whole: boolean): AsyncGenerator<LogEntry> {
    for (const name of (await readdir(this.#folder).catch(() => [])).sort()) {
      const [, from = '', err = ''] = this.#name.exec(name) ?? [];
      if (!this.#name.test(name)) continue;
      const path = join(this.#folder, name);
      const known = this.#files.get(name) ?? { file: new FollowedFile(path, safe), read: transcript() };
      this.#files.set(name, known);
      for await (const lines of known.file.read({ whole })) {
        for (const text of lines.flatMap(known.read)) {
          yield { type: 'output', from: err ? [from, 'stderr'].filter(Boolean).join(' ') : from, text };
        }
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { file } of this.#files.values()) await file[Symbol.asyncDispose]();
  }
}
