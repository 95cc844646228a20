import { z } from 'zod';
import { MiltonError } from '../../pipeline/errors.ts';
import { isPart, type Part } from '../../pipeline/part.ts';
import { definePlugin } from '../../pipeline/plugin.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Environment, Repositories } from '../../pipeline/services.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import type { Kind } from '../classify/reading.ts';
import { factsReader } from '../optimizer/repository-facts.ts';
import { brief, verdict } from '../slots.ts';
import { Ledger } from '../usage/ledger.ts';
import { isAboutTheWorld } from './about-the-world.ts';
import { askInTurn } from './ask-in-turn.ts';
import { FindingCache } from './cache.ts';
import { researchedNotice, searchTeller } from './notices.ts';
import { outgoing } from './outgoing.ts';
import { local } from './providers/local.ts';
import { perplexity } from './providers/perplexity.ts';
import { LOCAL, RESEARCHER, type Researcher } from './researcher.ts';

/** Milliseconds that asking others may take in all. */
const WITHIN: Readonly<Record<Kind, number>> = { CODE: 90_000, RESEARCH: 180_000 };

const researcher = z.custom<Part<Researcher>>((value) => isPart(value, RESEARCHER), {
  error: 'expected a researcher such as perplexity() or local()',
});

/** Some services tell no cost, so that tokens count as well. */
const dailyLimits = z
  .strictObject({ costUsd: z.number().positive().default(5), tokens: z.number().positive().default(2_000_000) })
  .prefault({});

/**
 * Finds out what helps with the request: on the web, or locally where nobody there answers. It always ends with a brief, so it never
 * stops a request.
 */
export const research = definePlugin({
  name: 'research',
  where: 'work',
  options: z.strictObject({
    providers: z.array(researcher).min(1).default([perplexity(), local()]).describe('who is asked, in this order'),
    dailyLimits: dailyLimits.describe(
      "what answers may use up in a day, by this machine's calendar; beyond that nobody is asked. Perplexity tells what an answer costs, servers of OpenAI's kind only its tokens",
    ),
  }),
  requires: [verdict],
  provides: [brief],
  async setup({ options, get, logger, make }) {
    // Whoever is asked, a request must not wait for them in vain.
    const parts = [...options.providers, local({ as: 'last resort' })];
    const researchers = await Promise.all(parts.map((part) => make(part)));
    const clean = cleaner(get(Redact));
    const clock = get(Clock);
    const store = get(JobStore);
    const repositories = get(Repositories);
    const home = String(get(Environment).get('HOME')?.value ?? '');
    const readFacts = factsReader(get);
    const ledger = new Ledger('research', store, { clock, logger });
    const cache = new FindingCache({ store, clock, clean });
    /** What somebody has to mend is told loudly once, not with every request. */
    const told = new Set<string>();

    return async function research(run, next) {
      const task = run.get(verdict);
      // The conversation that it goes on with has been through that.
      if (task.continues) {
        run.set(brief, { by: LOCAL, offline: true, text: '', sources: [] });
        return next();
      }
      const repository = repositories.find(({ name }) => name === task.repository);
      if (!repository) {
        throw new MiltonError('UNKNOWN_REPOSITORY', `repository "${task.repository}" is no longer configured.`, {
          hint: 'Add it to milton.config.ts again, or send the request for another one.',
        });
      }
      const found = await run.step('ask', async ({ signal }) => {
        const began = clock.now();
        const facts = await readFacts(repository.path);
        const sent = outgoing(task.text, facts, { clean, home, repository: repository.path });
        const searching = searchTeller(run, clean);
        const { finding, by, cached, fallback, lasting } = await askInTurn(
          { task, facts, outgoing: sent.text },
          { signal, searching },
          {
            ...{ researchers, cache, clean, within: WITHIN[task.kind] },
            // Whoever has it run once more wants something else than last time.
            afresh: (await store.get(run.id))?.retryOf !== undefined,
            spent: async () => (await ledger.left(options.dailyLimits)).problem,
            used: (spent) => ledger.add(spent),
          },
        );
        const [first] = researchers;
        if (fallback && first?.unusable === undefined)
          logger.warn(`no research by ${first?.name}: ${fallback}`, { run: run.id });
        const { cut: _, ...known } = finding;
        const answers = isAboutTheWorld(task, repositories) && sent.whole && !by.offline && known.sources.length > 0;
        const unheard = lasting.filter((each) => !told.has(each));
        for (const each of unheard) told.add(each);
        return {
          brief: {
            ...known,
            ...(by.offline ? { offline: true as const } : {}),
            ...(fallback === undefined ? {} : { fallback }),
            ...(cached ? { cached } : {}),
            ...(answers ? { answers: true as const } : {}),
            ms: clock.now() - began,
          },
          loud: unheard.length > 0,
          ...(by.remark ? { remark: by.remark } : {}),
        };
      });
      run.set(brief, found.brief);
      run.notify(researchedNotice(run.id, found));
      await next();
    };
  },
});
