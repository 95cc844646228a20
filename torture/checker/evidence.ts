import { existsSync, readFileSync } from 'node:fs';

/** A message that the server took: its answer was 200 and named the id. */
export interface Published {
  readonly id: string;
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** A start of the agent, as the agent itself wrote it down. */
export interface Start {
  readonly id: string;
  readonly text: string;
  readonly run: string;
  readonly pid: number;
}

/** A notice as the answer topic holds it. */
export interface Answer {
  readonly title: string;
  readonly message: string;
}

/** What the proxy saw pass: messages that the server took, and ids that went on to Milton. */
export interface Passages {
  readonly taken: readonly { readonly topic: string; readonly message: Partial<Answer> }[];
  readonly passed: ReadonlySet<string>;
}

/** Lines of JSON; a last line without its end was being written when its writer was killed, and counts for nothing. */
export function jsonLines<T>(file: string): T[] {
  return wholeLines(file).map((line) => JSON.parse(line) as T);
}

/** The agent's file: message id, text, run and process, with tabs between them. */
export function starts(file: string): Start[] {
  return wholeLines(file).map((line) => {
    const [id = '', text = '', run = '', pid = ''] = line.split('\t');
    return { id, text, run, pid: Number(pid) };
  });
}

export function passages(file: string): Passages {
  const lines = jsonLines<{ kind: string; id: string; topic: string; message: Partial<Answer> }>(file);
  return {
    taken: lines.filter(({ kind }) => kind === 'taken'),
    passed: new Set(lines.filter(({ kind }) => kind === 'passed').map(({ id }) => id)),
  };
}

/** Everything a topic of a server holds. */
export async function answersOf(topicUrl: string): Promise<Answer[]> {
  const response = await fetch(`${topicUrl}/json?poll=1&since=all`);
  if (!response.ok) throw new Error(`${topicUrl} answers ${response.status}`);
  return (await response.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Partial<Answer> & { event: string })
    .filter(({ event }) => event === 'message')
    .map(asAnswer);
}

/** A notice without a title is shown by its text. */
export function asAnswer({ title, message = '' }: Partial<Answer>): Answer {
  return { title: title ?? message, message };
}

function wholeLines(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}
