import { type Command, reply } from './desk.ts';

/** HELP: what can be sent. */
export const help: Command = ({ repositories, agents }) => ({
  notice: reply(
    'What you can send',
    [
      'CODE: add a login page',
      'RESEARCH: how does our login work?',
      `With names: CODE @${repositories[0]} @${agents[0]}: …`,
      'STATUS [id] · QUEUE · CANCEL id · RETRY id · DIFF id · CONTINUE id: … · APPROVE id · DENY id (or "last" for the id)',
      `Repositories: ${repositories.join(', ')}. Agents: ${agents.join(', ')}.`,
    ].join('\n'),
  ),
});
