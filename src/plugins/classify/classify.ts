import { z } from 'zod';
import { Agents } from '../../pipeline/agent.ts';
import { MiltonError } from '../../pipeline/errors.ts';
import { everyText } from '../../pipeline/every-text.ts';
import { fromEnv } from '../../pipeline/options.ts';
import { definePlugin, type Run } from '../../pipeline/plugin.ts';
import { lane, understood } from '../../pipeline/queue.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Repositories } from '../../pipeline/services.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import { FINISHED } from '../commands/find.ts';
import { command, verdict } from '../slots.ts';
import { continuation } from './continuation.ts';
import type { Kind } from './reading.ts';
import { understand } from './understand.ts';
import { askForPrefix, notRead, wording } from './wording.ts';

/**
 * Reads what a message asks for: a request (`verdict`, `lane`), or a phone command (`command`) for the next step. Everything
 * else is answered at once and not handed on. `default` says what a message without a prefix is; `ask` asks for one.
 */
export const classify = definePlugin({
  name: 'classify',
  where: 'intake',
  options: z.strictObject({
    default: z
      .enum(['CODE', 'RESEARCH', 'ask'])
      .default('CODE')
      .describe('what a message without a prefix is: `CODE`, `RESEARCH`, or `ask` to have it sent again with one'),
    claudeTopic: fromEnv('CLAUDE_TOPIC', z.string().optional()).describe(
      'the topic whose messages are for the agent `claude`',
    ),
    codexTopic: fromEnv('CODEX_TOPIC', z.string().optional()).describe(
      'the topic whose messages are for an agent `codex`',
    ),
  }),
  provides: [verdict, lane, understood, command],
  setup({ options, get }) {
    const repositories = get(Repositories);
    const agents = get(Agents);
    const clean = cleaner(get(Redact));
    const names = { repositories: repositories.map((one) => one.name), agents: agents.map((one) => one.name) };
    const topics = topicsOf({ CLAUDE_TOPIC: options.claudeTopic, CODEX_TOPIC: options.codexTopic }, names.agents);

    return async function classify(run, next) {
      const reading = understand(run.message.text, names);
      if (reading.is === 'unclear') {
        const unread = run.message.unread?.[0];
        const nothingRead = reading.why === 'empty' && reading.kind === undefined;
        return run.notify(
          unread && nothingRead ? notRead(everyText(unread, clean)) : wording(everyText(reading, clean), names),
        );
      }
      if (reading.is === 'command') {
        // An answer is compared with what was asked, letter by letter, and never cut.
        const argument = reading.name === 'ANSWER' ? reading.argument : clean(reading.argument);
        run.set(command, { name: reading.name, argument });
        return next();
      }
      if (reading.is === 'continue') {
        const of = await meant(run, reading.of, get(JobStore));
        const goesOn = await continuation(
          { ...reading, of },
          { store: get(JobStore), now: () => get(Clock).now(), clean },
        );
        if ('title' in goesOn) return run.notify(goesOn);
        if (reading.of === 'last') await run.first(markOf(run, goesOn.continues?.run));
        run.set(verdict, goesOn);
        run.set(lane, laneOf(goesOn.repository, goesOn.kind));
        const line = shortLine(clean(goesOn.text), REQUEST_SHOWN);
        run.set(understood, `${goesOn.kind} · ${goesOn.repository} · after ${goesOn.continues?.run} · ${line}`);
        return next();
      }
      const ofTopic = run.message.topic ? topics.get(run.message.topic) : undefined;
      const kind = reading.kind ?? (ofTopic ? 'CODE' : options.default);
      if (kind === 'ask') return run.notify(askForPrefix(clean(reading.text)));
      const repository = repositories.find((one) => one.name === reading.repository) ?? repositories[0]!;
      const usual = repository.agent ?? agents[0]!.name;
      const agent = reading.agent ?? ofTopic ?? usual;
      if (!names.agents.includes(agent)) {
        return run.notify(wording({ is: 'unclear', why: 'unknown name', name: clean(agent) }, names));
      }
      const named = reading.repository === undefined ? {} : { named: true as const };
      run.set(verdict, { kind, text: reading.text, repository: repository.name, ...named, agent });
      run.set(lane, laneOf(repository.name, kind));
      const line = shortLine(clean(reading.text), REQUEST_SHOWN);
      run.set(understood, [kind, repository.name, ...(agent === usual ? [] : [agent]), line].join(' · '));
      await next();
    };
  },
});

type Marking = Pick<Run, 'message' | 'marked'>;

const markOf = ({ message }: Marking, job: string | undefined) => `continues:${message.id}:${job}`;

/** The request that "last" meant when the message came: it is read again once it was held, and others may have ended meanwhile. */
async function meant(run: Marking, of: string, store: JobStore): Promise<string> {
  if (of !== 'last') return of;
  const latest = await store.list({ states: FINISHED, newestFirst: true, limit: LOOKED_AT });
  return latest.find(({ id }) => run.marked(markOf(run, id)))?.id ?? of;
}

const LOOKED_AT = 100;

/** Characters of a request in its acknowledgement. */
const REQUEST_SHOWN = 100;

/** RESEARCH has a lane of its own, so that a question need not wait for a long CODE run. */
const laneOf = (repository: string, kind: Kind) => (kind === 'CODE' ? repository : `${repository} research`);

/** The agents whose topic is set, by topic. Nobody but the agent a topic is named after should get what is sent there. */
function topicsOf(
  settings: Readonly<Record<string, string | undefined>>,
  agents: readonly string[],
): ReadonlyMap<string, string> {
  const topics = new Map<string, string>();
  for (const [variable, topic] of Object.entries(settings)) {
    if (!topic) continue;
    const agent = variable.replace('_TOPIC', '').toLowerCase();
    if (!agents.includes(agent)) {
      throw new MiltonError('UNKNOWN_AGENT', `${variable} is set, but no agent is called "${agent}".`, {
        hint: `Unset ${variable}, or add such an agent to \`agents\` in milton.config.ts.`,
      });
    }
    topics.set(topic, agent);
  }
  return topics;
}
