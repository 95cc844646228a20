import { z } from 'zod';
import { Agents } from '../../pipeline/agent.ts';
import { Transports } from '../../pipeline/exposure.ts';
import { definePlugin, type Run } from '../../pipeline/plugin.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Environment, ProcessRunner, Repositories } from '../../pipeline/services.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import { wasAsked } from '../../pipeline/store/was-asked.ts';
import { Git } from '../execute/git/git.ts';
import { childEnvironment } from '../execute/process/child-environment.ts';
import { proof, verdict } from '../slots.ts';
import { RISKY_WORDS, wordFinder } from './risky-words.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How much of a request is shown. */
const SHOWN = 300;

/** What agents call it when everything is allowed. */
const LIFTING: ReadonlySet<string> = new Set(['bypassPermissions', 'danger-full-access']);

/** Names the question within its run: a request that was asked about cannot simply be run again. */
export const APPROVAL = 'approval';

/**
 * Asks before a request is run that may do harm, however well it is signed: a word in it says so, there are many of them, or its agent
 * works outside a sandbox. Without an answer it is not run. Stands right above `queue()`.
 */
export const approve = definePlugin({
  name: 'approve',
  where: 'intake',
  options: z.strictObject({
    when: z
      .enum(['risky', 'always', 'never'])
      .default('risky')
      .describe(
        '`risky`: where one of the reasons below holds; `always`; `never`. What its person or the machine has approved in `authorise()` already is not asked about again',
      ),
    words: z
      .array(z.string().min(1))
      .default([...RISKY_WORDS])
      .describe('words that make a CODE request risky, in any case and form ("deleting")'),
    perHour: z.int().positive().default(20).describe('more requests than that within an hour are risky'),
    unconfined: z
      .boolean()
      .default(true)
      .describe('whether an agent without a sandbox is, where strangers can reach the transport'),
    dirty: z
      .boolean()
      .default(false)
      .describe('whether a checkout with uncommitted changes is; the work is done in a copy all the same'),
    answerWithin: z
      .number()
      .min(MINUTE)
      .default(30 * MINUTE)
      .describe('how long it waits for an answer, in ms'),
  }),
  requires: [verdict],
  optional: [proof],
  setup({ options, get }) {
    const { when, perHour, unconfined, dirty, answerWithin } = options;
    const find = wordFinder(options.words);
    const store = get(JobStore);
    const clean = cleaner(get(Redact));

    return async function approve(run, next) {
      // Its person, or somebody at this machine, has approved this very text already.
      if (['code', 'machine'].includes(run.get(proof) ?? '')) return next();
      const mark = `${APPROVAL}:${run.message.id}`;
      // Once asked, the answer counts, whatever has become of the reasons.
      const reasons = run.marked(mark) ? [] : await reasonsFor(run);
      if (!run.marked(mark) && reasons.length === 0) return next();
      await run.first(mark);
      const { choice, by } = await run.ask(APPROVAL, {
        ...{ title: 'Run it?', body: describe(run.get(verdict), reasons) },
        ...{ choices: ['Approve', 'Deny'], timeout: answerWithin, onTimeout: 'Deny' },
      });
      if (choice === 'Approve') return next();
      const body = shortLine(clean(run.get(verdict).text), SHOWN);
      if (by === 'person') {
        return run.conclude({ outcome: 'cancelled', notice: { title: `🛑 [${run.id}] denied, not run`, body } });
      }
      const why = (await wasAsked(store, run.id)) ? 'nobody approved it' : 'you could not be asked in time';
      run.conclude({ outcome: 'expired', notice: { title: `⌛ [${run.id}] not run: ${why}`, body } });
    };

    async function reasonsFor(run: Asking): Promise<readonly string[]> {
      const { kind, text, agent, repository } = run.get(verdict);
      if (when === 'never') return [];
      if (when === 'always') return ['every request is asked about'];
      if (kind !== 'CODE') return [];
      const words = find(text).map((word) => `it says "${word}"`);
      const own = get(Agents).find(({ name }) => name === agent);
      const isOpen = get(Transports).find(({ name }) => name === run.message.transport)?.exposure === 'public';
      const isLoose = own !== undefined && (own.confined === false || liftsSandbox(repository));
      const loose = unconfined && isOpen && isLoose ? [`${own.label} works outside a sandbox`] : [];
      const many = (await lately(run.id)) >= perHour ? [`more than ${perHour} requests within an hour`] : [];
      const changed = dirty && (await isDirty(repository, run.signal)) ? [`${repository} has uncommitted changes`] : [];
      return [...words, ...loose, ...many, ...changed];
    }

    /** Whether a repository's own setting takes the agent there out of its sandbox. */
    function liftsSandbox(name: string): boolean {
      const mode = get(Repositories).find((one) => one.name === name)?.permissionMode;
      return mode !== undefined && LIFTING.has(mode);
    }

    /** How many other requests came within the last hour, at most as many as matter. */
    async function lately(own: string): Promise<number> {
      const since = get(Clock).now() - HOUR;
      const newest = await store.list({ newestFirst: true, limit: perHour + 1 });
      return newest.filter(({ id, createdAt }) => id !== own && createdAt > since).length;
    }

    async function isDirty(name: string, signal: AbortSignal): Promise<boolean> {
      const path = get(Repositories).find((one) => one.name === name)?.path;
      if (path === undefined) return false;
      const git = new Git(get(ProcessRunner), path, childEnvironment(get(Environment)));
      return (
        (await git.try('status', '--porcelain', '--untracked-files=no', '--ignore-submodules=dirty')).stdout.trim() !==
          '' && !signal.aborted
      );
    }

    function describe(
      { kind, repository, agent, text }: SlotValue<typeof verdict>,
      reasons: readonly string[],
    ): string {
      const own = get(Agents).find(({ name }) => name === agent);
      const terms = liftsSandbox(repository) ? 'no sandbox' : own?.terms;
      const head = [kind, repository, own?.label ?? agent, ...(terms ? [terms] : [])].join(' · ');
      const why = reasons.length === 0 ? [] : [`Asked because ${reasons.join(', ')}.`];
      return [head, shortLine(clean(text), SHOWN), ...why].join('\n');
    }
  },
});

type Asking = Pick<Run<readonly [typeof verdict], readonly [typeof proof]>, 'id' | 'message' | 'signal' | 'get'>;
