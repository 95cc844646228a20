import { z } from 'zod';
import { explain, MiltonError } from '../../pipeline/errors.ts';
import { exposureOf } from '../../pipeline/exposure.ts';
import type { Notice } from '../../pipeline/message.ts';
import { fromEnv } from '../../pipeline/options.ts';
import { definePlugin } from '../../pipeline/plugin.ts';
import { type Clean, cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Fetch, Repositories } from '../../pipeline/services.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { Kind } from '../classify/reading.ts';
import { brief, verdict } from '../slots.ts';
import { LOCAL, local } from './local.ts';
import { chooseModel } from './models.ts';
import { perplexity } from './perplexity.ts';
import { readRepositoryFacts } from './repository-facts.ts';
import type { Question, Researcher } from './researcher.ts';

/** Milliseconds that asking the web may take in all. */
const BUDGET: Readonly<Record<Kind, number>> = { CODE: 90_000, RESEARCH: 180_000 };

/**
 * Finds out what helps with the request: on the web through Perplexity, or locally where there is no key or no answer. It
 * always ends with a brief, so it never stops a request.
 */
export const research = definePlugin({
  name: 'research',
  where: 'work',
  options: z.strictObject({
    apiKey: fromEnv('PERPLEXITY_API_KEY', z.string().optional()),
    baseUrl: fromEnv('PERPLEXITY_BASE_URL', z.url({ protocol: /^https?$/ })),
    /** A model, a preset, or a name of the older API; unset = `perplexity/sonar`. */
    model: fromEnv('PERPLEXITY_MODEL', z.string().optional()),
    /** Seconds for one try; the step's own `timeout` (ms) goes over everything. */
    tryTimeout: fromEnv('PERPLEXITY_TIMEOUT', z.number().min(0)),
    maxRetries: fromEnv('PERPLEXITY_MAX_RETRIES', z.int().min(0)),
  }),
  requires: [verdict],
  provides: [brief],
  setup({ options, get, logger }) {
    const apiKey = options.apiKey as string | undefined;
    const clean = cleaner(get(Redact));
    if (apiKey) requireSafe(options.baseUrl);
    const web = apiKey ? perplexity({ ...options, apiKey, fetch: get(Fetch), clean }) : undefined;
    const repositories = get(Repositories);
    const clock = get(Clock);
    const remark = web && remarkOn(options.model);

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
        const question = { task, facts: await readRepositoryFacts(repository.path) };
        const answer = await ask(question, web, clean, signal);
        if (web && answer.fallback) logger.warn(`no research on the web: ${answer.fallback}`, { run: run.id });
        return { answer, ms: clock.now() - began };
      });
      run.set(brief, found.answer);
      run.notify(noticeOf(run.id, found.answer, found.ms, remark));
      await next();
    };
  },
});

type Brief = SlotValue<typeof brief>;

/** Asks the web within its budget, and works it out locally where that gives nothing. */
async function ask(question: Question, web: Researcher | undefined, clean: Clean, signal: AbortSignal): Promise<Brief> {
  if (!web) return { ...(await local.research(question, signal)), fallback: 'PERPLEXITY_API_KEY is not set.' };
  const ms = BUDGET[question.task.kind];
  const budget = AbortSignal.timeout(ms);
  try {
    return await web.research(question, AbortSignal.any([signal, budget]));
  } catch (error) {
    signal.throwIfAborted();
    const late = budget.aborted && !(error instanceof MiltonError);
    const fallback = late ? `Perplexity gave no answer within ${ms / 1000} s.` : clean(explain(error));
    return { ...(await local.research(question, signal)), fallback };
  }
}

function noticeOf(id: string, { by, sources, fallback, costUsd }: Brief, ms: number, remark?: string): Notice {
  const cost = costUsd === undefined ? '' : `, $${costUsd.toFixed(3)}`;
  const who =
    by === LOCAL
      ? 'Worked out locally, without the web'
      : `By ${by}, ${sources.length} source${sources.length === 1 ? '' : 's'}`;
  const lines = [`${who}, ${(ms / 1000).toFixed(1)} s${cost}.`, fallback, remark].filter((line) => line !== undefined);
  return {
    title: `🔎 [${id}] research complete`,
    body: lines.join('\n'),
    kind: 'milestone',
    priority: 2,
  };
}

function remarkOn(model: string | undefined): string | undefined {
  const { retired, body } = chooseModel(model);
  if (retired === undefined || !('preset' in body)) return undefined;
  return `PERPLEXITY_MODEL=${retired} no longer exists; the preset "${body.preset}" was used.`;
}

/** The key must not cross a network in the clear. */
function requireSafe(baseUrl: string): void {
  if (baseUrl.startsWith('https:') || exposureOf(baseUrl) === 'loopback') return;
  throw new MiltonError('INSECURE_URL', 'PERPLEXITY_BASE_URL is not https, so the key would travel readable.', {
    hint: 'Use an https:// address, or one on this machine.',
  });
}
