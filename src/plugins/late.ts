import { z } from 'zod';
import type { Notice } from '../pipeline/message.ts';
import { definePlugin } from '../pipeline/plugin.ts';
import { understood } from '../pipeline/queue.ts';
import { cleaner } from '../pipeline/services/clean.ts';
import { Redact } from '../pipeline/services/redact.ts';
import { shortLine } from '../pipeline/short-line.ts';
import type { SlotValue } from '../pipeline/slot.ts';
import { JobStore } from '../pipeline/store/job-store.ts';
import { wasAsked } from '../pipeline/store/was-asked.ts';
import { command } from './slots.ts';
import { span } from './span.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ms = (usual: number) => z.number().min(0).default(usual);

/**
 * Asks before it lets a request pass that came long after it was sent: more than `listening` ms late while Milton listened, or more
 * than `away` ms late when it did not. Without an answer within `answerWithin` ms it is not run. Stands below `classify()`.
 */
export const late = definePlugin({
  name: 'late',
  where: 'intake',
  options: z.strictObject({
    listening: ms(15 * MINUTE).describe(
      'how late a request may be while Milton listened and still run without asking, in ms',
    ),
    away: ms(2 * HOUR).describe('the same for one that was sent while Milton did not listen, in ms'),
    answerWithin: z
      .number()
      .min(MINUTE)
      .default(12 * HOUR)
      .describe('how long it waits for an answer, in ms; without one the request ends as `expired`'),
  }),
  optional: [command, understood],
  setup: ({ options, get }) => {
    const clean = cleaner(get(Redact));
    return async function late(run, next) {
      const lateness = run.message.late;
      if (!lateness || lateness.ms <= (lateness.missed ? options.away : options.listening)) return next();
      const age = span(lateness.ms);
      const asked = run.get(command);
      if (asked) return isVague(asked) ? run.notify(sendAgain(asked, age)) : next();
      const what = shortLine(clean(run.get(understood) ?? run.message.text), 120);
      const { choice, by } = await run.ask('run', {
        title: `Sent ${age} ago: run it?`,
        body: what,
        choices: ['Run', 'Skip'],
        timeout: options.answerWithin,
        onTimeout: 'Skip',
      });
      if (choice === 'Run') return next();
      const body = `${what}\nIt was sent ${age} before it came. Send it again to have it done.`;
      if (by === 'person') {
        return run.conclude({ outcome: 'cancelled', notice: { title: `🛑 [${run.id}] skipped, not run`, body } });
      }
      const why = (await wasAsked(get(JobStore), run.id)) ? 'nobody answered' : 'you could not be asked in time';
      run.conclude({ outcome: 'expired', notice: { title: `⌛ [${run.id}] not run: ${why}`, body } });
    };
  },
});

type Asked = SlotValue<typeof command>;

/** What such a command meant when it was sent may be another request by now. */
const isVague = ({ name, argument }: Asked) => name === 'RETRY' || (argument === 'last' && ACTS.has(name));

/** Those that do more than tell. */
const ACTS: ReadonlySet<Asked['name']> = new Set(['CANCEL', 'APPROVE', 'DENY']);

function sendAgain({ name, argument }: Asked, age: string): Notice {
  const again =
    argument === 'last'
      ? 'and "last" may be another request by now. Send it again, with the id.'
      : 'so it is left to you. Send it again if you still want it.';
  return {
    title: `Not carried out: ${name} ${argument}`.trim(),
    body: `It was sent ${age} ago, ${again}`,
    kind: 'final',
  };
}
