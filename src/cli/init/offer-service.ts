import { MiltonError } from '../../pipeline/errors.ts';
import { safe, type Terminal } from '../command-line/terminal.ts';
import { service } from '../service/service.ts';
import { managerVersion } from '../service/systemd/manager.ts';
import type { Questions } from './questions.ts';

/** Asks whether Milton is to run as a service from now on, where it can, and has it so; returns whether it does. */
export async function offerService(config: string, ask: Questions, terminal: Terminal): Promise<boolean> {
  if (!(await hasManager())) return false;
  if (!(await ask.confirm('Keep Milton running from now on, as a service?', true))) return false;
  try {
    return (await service({ flags: { config }, words: ['install'], terminal })) === 0;
  } catch (error) {
    // All the rest is set up, and stays so.
    if (!(error instanceof MiltonError)) throw error;
    terminal.talk(safe([error.message, error.hint].filter(Boolean).join('\n'), { lines: true }));
    return false;
  }
}

async function hasManager(): Promise<boolean> {
  if (process.platform !== 'linux') return process.platform === 'darwin';
  return managerVersion().then(
    () => true,
    () => false,
  );
}
