import { z } from 'zod';
import type { Notice } from '../pipeline/message.ts';
import { definePlugin } from '../pipeline/plugin.ts';
import { understood } from '../pipeline/queue.ts';
import { cleaner } from '../pipeline/services/clean.ts';
import { Redact } from '../pipeline/services/redact.ts';
import { Clock } from '../pipeline/services.ts';
import { shortLine } from '../pipeline/short-line.ts';
import { JobStore } from '../pipeline/store/job-store.ts';
import { command, verdict } from './slots.ts';
import { requestsToday } from './usage/requests-today.ts';

/**
 * Keeps requests within limits: how many may wait, how long each may be, how many a day. What is beyond is not run, and its sender is
 * told. Stands below `classify()`; what a day may cost is a limit of `execute()`.
 */
export const limits = definePlugin({
  name: 'limits',
  where: 'intake',
  options: z.strictObject({
    queue: z.int().positive().default(50).describe('how many requests may wait and run at once'),
    longest: z.int().positive().default(65_536).describe('the longest request, in bytes'),
    perDay: z
      .int()
      .positive()
      .default(100)
      .describe("how many requests may begin within a day, by this machine's calendar"),
  }),
  optional: [verdict, command, understood],
  setup({ options, get }) {
    const { queue, longest, perDay } = options;
    const store = get(JobStore);
    const clean = cleaner(get(Redact));

    return async function limits(run, next) {
      const isRequest = run.get(verdict) !== undefined || run.get(command)?.name === 'RETRY';
      const mark = `limits:${run.message.id}`;
      // What was held has passed already, and counts as one of those that wait.
      if (!isRequest || run.marked(mark)) return next();
      const problem = tooLong(run.message.text) ?? (await tooMany()) ?? (await tooManyToday());
      if (problem === undefined) {
        await run.first(mark);
        return next();
      }
      run.notify(refusal(problem, shortLine(clean(run.get(understood) ?? run.message.text), 120)));
    };

    function tooLong(text: string): string | undefined {
      const bytes = Buffer.byteLength(text);
      if (bytes <= longest) return undefined;
      return `It has ${bytes.toLocaleString('en')} bytes, and ${longest.toLocaleString('en')} are allowed. Shorten it.`;
    }

    async function tooMany(): Promise<string | undefined> {
      const open = await store.list({ states: ['held', 'queued', 'active'], limit: queue });
      if (open.length < queue) return undefined;
      return `${queue} requests wait or run already. Send it again when some are done, or CANCEL some: QUEUE lists them.`;
    }

    async function tooManyToday(): Promise<string | undefined> {
      if ((await requestsToday(store, get(Clock).now(), perDay)) < perDay) return undefined;
      return `${perDay} requests were taken today, which is the limit. Send it again tomorrow, or raise limits({ perDay }).`;
    }
  },
});

const refusal = (why: string, what: string): Notice => ({
  title: '🚫 Not run',
  body: `${why}\n${what}`,
  kind: 'final',
  priority: 4,
});
