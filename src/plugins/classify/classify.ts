import { z } from 'zod';
import type { Agent } from '../../pipeline/agent.ts';
import { Agents } from '../../pipeline/agent.ts';
import { MiltonError } from '../../pipeline/errors.ts';
import { fromEnv } from '../../pipeline/options.ts';
import { definePlugin } from '../../pipeline/plugin.ts';
import { lane } from '../../pipeline/queue.ts';
import { Repositories, type Repository } from '../../pipeline/services.ts';
import { command, verdict } from '../slots.ts';
import type { Kind } from './reading.ts';
import { understand } from './understand.ts';
import { askForPrefix, wording } from './wording.ts';

/**
 * Reads what a message asks for: a request (`verdict`, `lane`), or a phone command (`command`) for the next step. Everything
 * else is answered at once and not handed on. `default` says what a message without a prefix is; `ask` asks for one.
 */
export const classify = definePlugin({
  name: 'classify',
  where: 'intake',
  options: z.strictObject({
    default: z.enum(['CODE', 'RESEARCH', 'ask']).default('CODE'),
    claudeTopic: fromEnv('CLAUDE_TOPIC', z.string().optional()),
    codexTopic: fromEnv('CODEX_TOPIC', z.string().optional()),
  }),
  provides: [verdict, lane, command],
  setup({ options, get }) {
    const repositories = get(Repositories);
    const agents = get(Agents);
    checkAgents(repositories, agents);
    const names = { repositories: repositories.map((one) => one.name), agents: agents.map((one) => one.name) };
    const topics = new Map([
      [options.claudeTopic, 'claude'],
      [options.codexTopic, 'codex'],
    ]);

    return async function classify(run, next) {
      const reading = understand(run.message.text, names);
      if (reading.is === 'unclear') return run.notify(wording(reading, names));
      if (reading.is === 'command') {
        run.set(command, { name: reading.name, argument: reading.argument });
        return next();
      }
      const ofTopic = run.message.topic ? topics.get(run.message.topic) : undefined;
      const kind = reading.kind ?? (ofTopic ? 'CODE' : options.default);
      if (kind === 'ask') return run.notify(askForPrefix(reading.text));
      const repository = repositories.find((one) => one.name === reading.repository) ?? repositories[0]!;
      const agent = reading.agent ?? ofTopic ?? repository.agent ?? agents[0]!.name;
      if (!names.agents.includes(agent)) {
        return run.notify(wording({ is: 'unclear', why: 'unknown name', name: agent }, names));
      }
      run.set(verdict, { kind, text: reading.text, repository: repository.name, agent });
      run.set(lane, laneOf(repository.name, kind));
      await next();
    };
  },
});

/** RESEARCH has a lane of its own, so that a question need not wait for a long CODE run. */
const laneOf = (repository: string, kind: Kind) => (kind === 'CODE' ? repository : `${repository} research`);

function checkAgents(repositories: readonly Repository[], agents: readonly Agent[]): void {
  const names = agents.map((agent) => agent.name);
  if (names.length === 0) {
    throw new MiltonError('NO_AGENT', 'No coding agent is configured.', {
      hint: 'Add one to `agents` in milton.config.ts.',
    });
  }
  if (repositories.length === 0) {
    throw new MiltonError('NO_REPOSITORY', 'No repository is configured.', {
      hint: 'Add one to `repositories` in milton.config.ts, or set TARGET_REPO.',
    });
  }
  for (const { name, agent } of repositories) {
    if (agent === undefined || names.includes(agent)) continue;
    throw new MiltonError(
      'UNKNOWN_AGENT',
      `repository "${name}" names the agent "${agent}", which is not configured.`,
      {
        hint: `Configured agents: ${names.join(', ')}.`,
      },
    );
  }
}
