import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { MiltonError } from '../../pipeline/errors.ts';

/** Lets another program have the terminal until it ends; returns its exit code. Ctrl-C ends both. */
export async function handOver(bin: string, args: readonly string[], env: Record<string, string>): Promise<number> {
  const child = spawn(bin, args, { env, stdio: 'inherit' });
  const wait = () => {};
  process.on('SIGINT', wait);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.on('error', ({ message }) => reject(new MiltonError('NO_LOG', `${bin} cannot be started: ${message}.`)));
      child.on('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
    });
  } finally {
    process.off('SIGINT', wait);
  }
}
