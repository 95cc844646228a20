import type { Answer, Published, Start } from './evidence.ts';

/** What happened, from those who were there; nothing of it comes from Milton's own books. */
export interface Evidence {
  readonly published: readonly Published[];
  readonly starts: readonly Start[];
  readonly answers: readonly Answer[];
  /** Ids of messages that the server itself lost before Milton could hear them. */
  readonly excused?: ReadonlySet<string>;
}

/** What of the promises was kept; each list names the ids that broke one. */
export interface Verdict {
  readonly published: number;
  readonly excused: number;
  readonly started: number;
  /** Requests whose run ended `interrupted`, told to the phone: the agent may have begun, and was not begun again. */
  readonly interrupted: number;
  /** Starts for messages that nobody has a receipt of: the publisher was cut off before the server's answer. */
  readonly unknown: number;
  readonly notices: number;
  /** Neither started nor told of. */
  readonly lost: readonly string[];
  readonly twice: readonly string[];
  /** Runs without a last notice. */
  readonly finalsMissing: readonly string[];
  /** Runs whose last notices contradict each other. */
  readonly contradicted: readonly string[];
}

/** The words of a title that tell the end of a run. */
const END = /\[(req_\w+)\] (finished|done|failed|interrupted|cancelled|expired|given up|ended without a report)/;
const RECEIPT = /\[(req_\w+)\] (?:got it|queued)/;

/** Compares what was published with what was started and what the phone was told. */
export function check({ published, starts, answers, excused = new Set() }: Evidence): Verdict {
  const startsOf = Map.groupBy(starts, ({ id }) => id);
  const ends = endsOf(answers);
  const runOf = receipts(answers);
  const receipt = new Set(published.map(({ id }) => id));
  const isTold = (text: string) => {
    const run = runOf.get(text);
    return run !== undefined && ends.has(run);
  };
  const unstarted = published.filter(({ id }) => !startsOf.has(id));
  const lost = unstarted.filter(({ text }) => !isTold(text));
  const runs = new Set([...starts.map(({ run }) => run), ...runOf.values()]);
  return {
    published: published.length,
    excused: lost.filter(({ id }) => excused.has(id)).length,
    started: startsOf.size,
    interrupted: [...ends.values()].filter((words) => words.has('interrupted')).length,
    unknown: [...startsOf.keys()].filter((id) => !receipt.has(id)).length,
    notices: answers.length,
    lost: lost.map(({ id }) => id).filter((id) => !excused.has(id)),
    twice: [...startsOf].filter(([, all]) => all.length > 1).map(([id]) => id),
    finalsMissing: [...runs].filter((run) => !ends.has(run)),
    contradicted: [...ends].filter(([, words]) => words.size > 1).map(([run]) => run),
  };
}

/** Whether every promise was kept. */
export function holds({ lost, twice, finalsMissing, contradicted }: Verdict): boolean {
  return [lost, twice, finalsMissing, contradicted].every((broken) => broken.length === 0);
}

function endsOf(answers: readonly Answer[]): Map<string, Set<string>> {
  const ends = new Map<string, Set<string>>();
  for (const { title } of answers) {
    const [, run, word] = END.exec(title) ?? [];
    if (run === undefined || word === undefined) continue;
    ends.set(run, (ends.get(run) ?? new Set()).add(word));
  }
  return ends;
}

/** Which run a text became, by the acknowledgement that quotes it. */
function receipts(answers: readonly Answer[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { title, message } of answers) {
    const [, run] = RECEIPT.exec(title) ?? [];
    const [text] = message.split('\n');
    if (run !== undefined && text !== undefined) found.set(text, run);
  }
  return found;
}
