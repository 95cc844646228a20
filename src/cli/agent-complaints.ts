import type { Agent } from '../pipeline/agent.ts';
import { explain } from '../pipeline/errors.ts';

/** What an agent says it lacks; a check that fails, in whatever way, is a complaint as well. */
export async function agentComplaints(agent: Agent): Promise<readonly string[]> {
  try {
    return (await agent.check()).map((complaint) => `${agent.label}: ${complaint}`);
  } catch (error) {
    return [`${agent.label}: ${explain(error)}`];
  }
}
