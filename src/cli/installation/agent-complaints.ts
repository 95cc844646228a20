import type { Agent } from '../../pipeline/agent.ts';
import { explain } from '../../pipeline/errors.ts';

/** What an agent says it lacks, with its name; a check that fails, in whatever way, is a complaint as well. */
export async function agentComplaints(agent: Agent): Promise<readonly string[]> {
  const complaints = await complaintsOf(agent);
  return complaints.map((text) => (text.startsWith(agent.label) ? text : `${agent.label}: ${text}`));
}

async function complaintsOf(agent: Agent): Promise<readonly string[]> {
  try {
    return await agent.check();
  } catch (error) {
    return [explain(error)];
  }
}
