import type { Agent } from '../../pipeline/agent.ts';
import { safe } from '../command-line/terminal.ts';
import { agentComplaints } from '../installation/agent-complaints.ts';
import type { AgentName } from './answers.ts';
import type { Choice } from './questions.ts';

/** An agent, and what it lacks on this machine. */
export interface FoundAgent {
  readonly name: Exclude<AgentName, 'rehearsal'>;
  readonly label: string;
  readonly installed: boolean;
  readonly complaints: readonly string[];
}

/** Asks each agent what it lacks; those that lack nothing come first. */
export async function findAgents(agents: readonly Agent[]): Promise<readonly FoundAgent[]> {
  const found = await Promise.all(
    agents.map(async (agent): Promise<FoundAgent> => {
      const complaints = await agentComplaints(agent);
      const installed = !complaints.some((text) => text.includes('is not installed'));
      return { name: agent.name as FoundAgent['name'], label: agent.label, installed, complaints };
    }),
  );
  const rank = ({ installed, complaints }: FoundAgent) => (complaints.length === 0 ? 0 : installed ? 1 : 2);
  return [...found].sort((a, b) => rank(a) - rank(b));
}

/** What may be chosen, best first. */
export function agentChoices(found: readonly FoundAgent[]): readonly Choice<AgentName>[] {
  const choices = found.map(({ name, label, installed, complaints }): Choice<AgentName> => {
    const hint = complaints.length === 0 ? 'ready' : installed ? safe(complaints[0]!) : 'not installed yet';
    return { value: name, label, hint };
  });
  const rehearsal = {
    value: 'rehearsal',
    label: 'Rehearsal',
    hint: 'a stand-in that makes a harmless change: try the way first',
  } as const;
  const ready = choices.filter((_, i) => found[i]!.installed);
  const missing = choices.filter((_, i) => !found[i]!.installed);
  return [...ready, rehearsal, ...missing];
}
