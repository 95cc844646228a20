import type { Agent } from '../../../pipeline/agent.ts';
import { NO_AGENT, REFUSED } from '../../command-line/exit-codes.ts';
import { agentComplaints } from '../../installation/agent-complaints.ts';
import { agentsAlone } from '../../installation/agents-alone.ts';
import { at, type Examination, type Finding } from '../examination.ts';
import type { Patient } from '../patient.ts';

const { ok, warning, failure } = at('agents');

/** Whether each agent starts, is new and logged in, and its commands can be shut in: one really is. */
export const agents: Examination = {
  topic: 'agents',
  async examine(patient, signal) {
    const over = AbortSignal.any([signal, AbortSignal.timeout(patient.machine.patience.agent)]);
    await using alone = await agentsAlone(patient.prepared, over);
    const found = await Promise.all(alone.agents.map((agent) => lookAt(agent, patient, over)));
    return found.flat();
  },
};

async function lookAt(agent: Agent, { prepared, machine }: Patient, over: AbortSignal): Promise<readonly Finding[]> {
  const silent = [
    `${agent.label} gave no answer within ${machine.patience.agent / 1000} s. Start it in a terminal to see why.`,
  ];
  const late = new Promise<readonly string[]>((resolve) => {
    // To set it up may have taken all the time.
    if (over.aborted) resolve(silent);
    over.addEventListener('abort', () => resolve(silent), { once: true });
  });
  const complaints = await Promise.race([agentComplaints(agent), late]);
  if (complaints.length === 0) return [ok(agent.name, inOrder(agent, machine))];
  const needed = isNeeded(agent, prepared);
  return complaints.map((complaint) => {
    const { what, repair } = apart(complaint);
    const exit = exitOf(complaint);
    const more = { ...(repair === '' ? {} : { repair }), ...(exit === undefined ? {} : { exit }) };
    return needed
      ? failure(agent.name, what, more)
      : warning(agent.name, what, { ...more, why: 'Other agents do the work meanwhile.' });
  });
}

const inOrder = ({ label, terms, confined }: Agent, { platform }: Patient['machine']) =>
  [
    `${label} is there and ready`,
    ...(terms ? [terms] : []),
    ...(confined && platform === 'linux' ? ['a command was shut in to try'] : []),
  ].join(', ');

/** Whether requests go to it without naming it. */
const isNeeded = ({ name }: Agent, { config, repositories }: Patient['prepared']) =>
  config?.agents[0]?.name === name || repositories.some(({ agent }) => agent === name);

/** What is wrong, which is the first sentence, and what to do about it. */
function apart(complaint: string): { what: string; repair: string } {
  const [, what = complaint, repair = ''] = /^(.*?)\.\s+(?=[A-Z])(.*)$/s.exec(complaint) ?? [];
  return { what: what.replace(/\.$/, ''), repair };
}

/** As far as its own words tell. */
function exitOf(complaint: string): number | undefined {
  if (/is not installed/.test(complaint)) return NO_AGENT;
  return /logged in|log in/i.test(complaint) ? REFUSED : undefined;
}
