import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { MiltonError } from '../../../pipeline/errors.ts';
import { ExecaProcessRunner } from '../../../pipeline/services/process-runner.ts';
import { LABEL } from './plist.ts';

const runner = new ExecaProcessRunner();
const PATIENCE = 90_000;
const domain = () => `gui/${process.getuid?.()}`;

export const plistFile = () => join(homedir(), 'Library', 'LaunchAgents', `${LABEL}.plist`);
export const logFile = () => join(homedir(), 'Library', 'Logs', 'milton.log');

/** What launchd says of the agent; undefined where it has not loaded it. */
export interface AgentState {
  readonly state: string;
  readonly pid?: number;
  readonly runs?: number;
  readonly lastExit?: string;
}

const launchctl = (...args: readonly string[]) =>
  runner.run('launchctl', args, { env: { PATH: process.env.PATH ?? '', HOME: homedir() }, timeout: PATIENCE });

/** Has launchd load the agent, which starts it. */
export const load = () => order('bootstrap', domain(), plistFile());
/** Has launchd end the agent and forget it until the next login. */
export const unload = () => order('bootout', `${domain()}/${LABEL}`);
export const startAnew = () => order('kickstart', '-k', `${domain()}/${LABEL}`);

async function order(...args: readonly string[]): Promise<void> {
  const { exitCode, stderr, failure } = await launchctl(...args);
  if (exitCode === 0) return;
  const why = stderr.trim() || failure || `exit code ${exitCode}`;
  throw new MiltonError('LAUNCHD', `"launchctl ${args.join(' ')}" failed: ${why}`, {
    hint: 'It needs a login at the screen of this Mac.',
  });
}

/** Asks launchd about the agent. */
export async function agentState(): Promise<AgentState | undefined> {
  const { exitCode, stdout } = await launchctl('print', `${domain()}/${LABEL}`);
  if (exitCode !== 0) return undefined;
  const of = (name: string) => new RegExp(`^\\t${name} = (.+)$`, 'm').exec(stdout)?.[1];
  const [pid, runs, lastExit] = [of('pid'), of('runs'), of('last exit code')];
  return {
    state: of('state') ?? 'unknown',
    ...(pid ? { pid: Number(pid) } : {}),
    ...(runs ? { runs: Number(runs) } : {}),
    ...(lastExit ? { lastExit } : {}),
  };
}

/** Refuses where nothing is installed. */
export function demandAgent(): void {
  if (existsSync(plistFile())) return;
  throw new MiltonError('NOT_INSTALLED', 'Milton is not installed as a service.', {
    hint: 'Run: milton service install',
  });
}
