import { explain, MiltonError } from '../../pipeline/errors.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { FindingCache } from './cache.ts';
import type { Finding, Question, ResearchContext, Researcher } from './researcher.ts';
import { isTimeout, ServiceError, type Spent } from './responses-api/service-error.ts';
import { tidy } from './tidy.ts';

/** Characters of why nothing was found. */
const REASON = 300;
/** Milliseconds that it may take to end what is under way. */
const GRACE = 2_000;

/** What was found at last, and why not by those before. */
export interface Found {
  readonly finding: Finding;
  readonly by: Researcher;
  readonly cached?: true;
  /** Why the first that was asked, or would have been, gave nothing; absent where it did. */
  readonly fallback?: string;
  /** What somebody has to mend, one short name for each: who, and what it answered. */
  readonly lasting: readonly string[];
}

interface Asking {
  readonly researchers: readonly Researcher[];
  readonly cache: FindingCache;
  /** An answer of the last day is not good enough. */
  readonly afresh: boolean;
  readonly clean: Clean;
  /** Milliseconds that all of them together may take, but those that work here. Each gets its share of what is left. */
  readonly within: number;
  /** Why nobody else may be asked for money today; undefined = ask. */
  spent(): Promise<string | undefined>;
  /** One of them has used up something. */
  used(spent: Spent): Promise<void>;
}

/** Asks one researcher after the other until one has an answer; the last one always has. */
export async function askInTurn(question: Question, context: ResearchContext, asking: Asking): Promise<Found> {
  const end = performance.now() + asking.within;
  let fallback: string | undefined;
  const lasting: string[] = [];
  for (const [index, researcher] of asking.researchers.entries()) {
    const left = asking.researchers.slice(index).filter(({ offline }) => !offline).length;
    const share = Math.max(0, (end - performance.now()) / left);
    try {
      const own = researcher.offline ? context : within(context, share);
      const ask = researcher.offline ? askHere : askRemote;
      const found = await orAborted(ask(researcher, question, own, asking), own.signal);
      return { ...found, by: researcher, lasting, ...(fallback === undefined ? {} : { fallback }) };
    } catch (error) {
      context.signal.throwIfAborted();
      if (error instanceof ServiceError && error.lasting) lasting.push(`${researcher.name} ${error.status}`);
      fallback ??= shortLine(asking.clean(reasonOf(error, researcher)), REASON);
    }
  }
  throw new MiltonError('RESEARCH', fallback ?? 'Nobody could be asked.');
}

const within = (context: ResearchContext, ms: number): ResearchContext => ({
  ...context,
  signal: AbortSignal.any([context.signal, AbortSignal.timeout(Math.ceil(ms))]),
});

/** Only what was written for a person is told to one. */
function reasonOf(error: unknown, { name }: Researcher): string {
  if (error instanceof MiltonError) return explain(error);
  return isTimeout(error) ? `${name} gave no answer in time.` : `${name} failed: ${explain(error)}`;
}

async function askHere(
  researcher: Researcher,
  question: Question,
  context: ResearchContext,
  { clean }: Asking,
): Promise<Pick<Found, 'finding' | 'cached'>> {
  return { finding: checked(await researcher.research(question, context), researcher, clean) };
}

async function askRemote(
  researcher: Researcher,
  question: Question,
  context: ResearchContext,
  { cache, afresh, clean, spent, used }: Asking,
): Promise<Pick<Found, 'finding' | 'cached'>> {
  if (researcher.unusable !== undefined) throw new MiltonError('RESEARCH', researcher.unusable);
  const known = afresh ? undefined : await cache.get(researcher, question);
  if (known) return { finding: known, cached: true };
  const problem = await spent();
  if (problem !== undefined) throw new MiltonError('RESEARCH', problem);
  context.signal.throwIfAborted();
  try {
    const finding = checked(await researcher.research(question, context), researcher, clean);
    await Promise.all([used(finding), cache.put(researcher, question, finding)]);
    return { finding };
  } catch (error) {
    if (error instanceof ServiceError) await used(error.used);
    throw error;
  }
}

function checked(answer: unknown, { name }: Researcher, clean: Clean): Finding {
  const finding = tidy(answer, clean);
  if (finding) return finding;
  throw new MiltonError('RESEARCH', `${name} gave an answer that is empty or has an unknown form.`);
}

/** Whoever does not heed the signal is not waited for. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let grace: NodeJS.Timeout | undefined;
  const left = Promise.withResolvers<never>();
  const leave = () => {
    grace = setTimeout(() => left.reject(signal.reason), GRACE).unref();
  };
  if (signal.aborted) leave();
  else signal.addEventListener('abort', leave, { once: true });
  try {
    return await Promise.race([work, left.promise]);
  } finally {
    signal.removeEventListener('abort', leave);
    clearTimeout(grace);
  }
}
