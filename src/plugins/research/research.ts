import { z } from 'zod';
import { MiltonError } from '../../pipeline/errors.ts';
import { isPart, type Part } from '../../pipeline/part.ts';
import { definePlugin } from '../../pipeline/plugin.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Repositories } from '../../pipeline/services.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import type { Kind } from '../classify/reading.ts';
import { factsReader } from '../optimizer/repository-facts.ts';
import { brief, verdict } from '../slots.ts';
import { usageLimits } from '../usage/amounts.ts';
import { Ledger } from '../usage/ledger.ts';
import { isAboutThisCode } from './about-this-code.ts';
import { askInTurn } from './ask-in-turn.ts';
import { FindingCache } from './cache.ts';
import { researchedNotice, searchingNotice } from './notices.ts';
import { outgoing } from './outgoing.ts';
import { local } from './providers/local.ts';
import { perplexity } from './providers/perplexity.ts';
import { type Finding, LOCAL, RESEARCHER, type Researcher } from './researcher.ts';

/** Milliseconds that asking others may take in all. */
const WITHIN: Readonly<Record<Kind, number>> = { CODE: 90_000, RESEARCH: 180_000 };

const researcher = z.custom<Part<Researcher>>((value) => isPart(value, RESEARCHER), {
  error: 'expected a researcher such as perplexity() or local()',
});

/**
 * Finds out what helps with the request: on the web, or locally where nobody there answers. It always ends with a brief, so it never
 * stops a request.
 */
export const research = definePlugin({
  name: 'research',
  where: 'work',
  options: z.strictObject({
    /** Who is asked, one after the other until somebody has an answer. */
    providers: z.array(researcher).min(1).default([perplexity(), local()]),
    /** What answers may cost in a day, by this machine's calendar. */
    dailyLimits: usageLimits.pick({ costUsd: true, tokens: true }).default({ costUsd: 5 }),
  }),
  requires: [verdict],
  provides: [brief],
  async setup({ options, get, logger, make }) {
    // Whoever is asked, a request must not wait for them in vain.
    const researchers = await Promise.all(
      [...options.providers, local({ as: 'last resort' })].map((part) => make(part)),
    );
    const clean = cleaner(get(Redact));
    const clock = get(Clock);
    const repositories = get(Repositories);
    const readFacts = factsReader(get);
    const ledger = new Ledger('research', get(JobStore), { clock, logger });
    const cache = new FindingCache(get(JobStore), clock);
    /** What somebody has to mend is told loudly once, not with every request. */
    const told = new Set<string>();

    return async function research(run, next) {
      const task = run.get(verdict);
      // The conversation that it goes on with has been through that.
      if (task.continues) {
        run.set(brief, { by: LOCAL, text: '', sources: [] });
        return next();
      }
      const repository = repositories.find(({ name }) => name === task.repository);
      if (!repository) {
        throw new MiltonError('UNKNOWN_REPOSITORY', `repository "${task.repository}" is no longer configured.`, {
          hint: 'Add it to milton.config.ts again, or send the request for another one.',
        });
      }
      const found = await run.step('find out', async ({ signal }) => {
        const began = clock.now();
        const facts = await readFacts(repository.path);
        const question = { task, facts, outgoing: outgoing(task, facts, clean) };
        const searching = (queries: readonly string[]) => {
          const shown = queries.map((query) => clean(query).trim()).filter((query) => query !== '');
          if (shown.length > 0) run.notify(searchingNotice(run.id, shown));
        };
        const { finding, by, cached, fallback, lasting } = await askInTurn(
          question,
          { signal, searching },
          {
            ...{ researchers, cache, clean, within: WITHIN[task.kind] },
            spent: async () => (await ledger.left(options.dailyLimits)).problem,
            used: ({ costUsd, tokens }: Finding) => ledger.add({ costUsd, tokens }),
          },
        );
        const unusable = researchers[0]?.unusable !== undefined;
        if (fallback && !unusable) logger.warn(`no research by ${researchers[0]?.name}: ${fallback}`, { run: run.id });
        const answers =
          task.kind === 'RESEARCH' &&
          !by.offline &&
          !isAboutThisCode(
            task,
            repositories.map(({ name }) => name),
          );
        const known = {
          ...finding,
          ...(fallback === undefined ? {} : { fallback }),
          ...(cached ? { cached } : {}),
          ...(answers ? { answers: true as const } : {}),
          ms: clock.now() - began,
        };
        const loud = lasting === true && fallback !== undefined && !told.has(fallback);
        if (loud) told.add(fallback);
        return { brief: known, loud, ...(by.remark ? { remark: by.remark } : {}) };
      });
      run.set(brief, found.brief);
      run.notify(researchedNotice(run.id, found));
      await next();
    };
  },
});
