import { checkOptions } from '../../../transports/ntfy/check-options.ts';
import type { NtfyOptions } from '../../../transports/ntfy/options.ts';
import { ntfyApi } from '../../../transports/ntfy/server/api.ts';
import type { Examination, Finding } from '../examination.ts';
import type { PartOptions, Patient } from '../patient.ts';
import { clock } from './ntfy/clock.ts';
import { connection } from './ntfy/connection.ts';
import { push } from './ntfy/push.ts';
import { ownRights } from './ntfy/rights.ts';
import { strangers } from './ntfy/strangers.ts';

/** Whether the server can be reached, lets Milton in, keeps strangers out, and agrees about the time. No message is published. */
export const ntfy: Examination = {
  topic: 'ntfy',
  async examine(patient, signal) {
    const servers = patient.partsWith('NTFY_BASE_URL').filter(isUsable);
    const found = servers.map(async (server) => {
      const findings = await lookAt(server, patient, signal);
      return findings.map((finding) => of(server.name, finding));
    });
    return (await Promise.all(found)).flat();
  },
};

/** A second server is called by its name. */
const of = (name: string, finding: Finding): Finding =>
  name === 'ntfy'
    ? finding
    : { ...finding, id: finding.id.replace('ntfy', `ntfy.${name}`), what: `${name}: ${finding.what}` };

/** What is wrong with the options is told with the configuration. */
function isUsable({ options }: PartOptions): boolean {
  try {
    checkOptions(options as unknown as NtfyOptions);
    return true;
  } catch {
    return false;
  }
}

async function lookAt(
  { options: given }: PartOptions,
  patient: Patient,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { fetch, patience } = patient.machine;
  const options = given as unknown as NtfyOptions;
  // A machine that stands still for a moment makes no server silent.
  const soon = () => AbortSignal.any([signal, AbortSignal.timeout(2 * patience.answer)]);
  const { findings, date } = await connection(ntfyApi(fetch, { baseUrl: options.baseUrl }), options, soon());
  if (findings.some(({ state }) => state === 'failure')) return findings;
  const server = { options, patient, signal: soon() };
  const [own, others] = await Promise.all([ownRights(server), strangers(server)]);
  return [...findings, ...own, ...others, ...clock(date, patient.machine), ...push(options, patient.machine)];
}
