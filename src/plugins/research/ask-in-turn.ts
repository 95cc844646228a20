import { explain, MiltonError } from '../../pipeline/errors.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import type { FindingCache } from './cache.ts';
import type { Finding, Question, ResearchContext, Researcher } from './researcher.ts';
import { ServiceError } from './responses-api/service-error.ts';
import { tidy } from './tidy.ts';

/** What was found at last, and why not by those before. */
export interface Found {
  readonly finding: Finding;
  readonly by: Researcher;
  readonly cached?: true;
  /** Why the first that was asked, or would have been, gave nothing; absent where it did. */
  readonly fallback?: string;
  /** That somebody has to mend it. */
  readonly lasting?: boolean;
}

interface Asking {
  readonly researchers: readonly Researcher[];
  readonly cache: FindingCache;
  readonly clean: Clean;
  /** Milliseconds that all of them together may take, but those that work here. */
  readonly within: number;
  /** Why nobody else may be asked for money today; undefined = ask. */
  spent(): Promise<string | undefined>;
  /** One of them has answered, and has used up something. */
  used(finding: Finding): Promise<void>;
}

/** Asks one researcher after the other until one has an answer; the last one always has. */
export async function askInTurn(question: Question, context: ResearchContext, asking: Asking): Promise<Found> {
  const budget = AbortSignal.timeout(asking.within);
  const limited = { ...context, signal: AbortSignal.any([context.signal, budget]) };
  let first: Pick<Found, 'fallback' | 'lasting'> = {};
  for (const researcher of asking.researchers) {
    try {
      const found = researcher.offline
        ? { finding: tidy(await researcher.research(question, context), asking.clean) }
        : await askRemote(researcher, question, limited, asking);
      return { ...found, by: researcher, ...first };
    } catch (error) {
      context.signal.throwIfAborted();
      if (first.fallback !== undefined) continue;
      const late = budget.aborted && !(error instanceof MiltonError);
      const why = late ? `${researcher.name} gave no answer within ${asking.within / 1000} s.` : explain(error);
      first = { fallback: asking.clean(why), lasting: error instanceof ServiceError && error.lasting };
    }
  }
  throw new MiltonError('RESEARCH', first.fallback ?? 'Nobody could be asked.');
}

async function askRemote(
  researcher: Researcher,
  question: Question,
  context: ResearchContext,
  { cache, clean, spent, used }: Asking,
): Promise<Pick<Found, 'finding' | 'cached'>> {
  if (researcher.unusable !== undefined) throw new MiltonError('RESEARCH', researcher.unusable);
  const known = await cache.get(researcher, question);
  if (known) return { finding: known, cached: true };
  const problem = await spent();
  if (problem !== undefined) throw new MiltonError('RESEARCH', problem);
  context.signal.throwIfAborted();
  const finding = tidy(await researcher.research(question, context), clean);
  if (finding.text === '') throw new MiltonError('RESEARCH', `${researcher.name} gave an empty answer.`);
  await Promise.all([used(finding), cache.put(researcher, question, finding)]);
  return { finding };
}
