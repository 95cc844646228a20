import { execFile } from 'node:child_process';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

/** PATH with this very Node, and what the system has. */
export const PATH = [dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(':');

/** Runs npm with an emptied environment, and all that it keeps in the folder it runs in. */
export function npm(
  args: readonly string[],
  { cwd, registry = 'http://127.0.0.1:9' }: { cwd: string; registry?: string },
) {
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];
  const places = [`--registry=${registry}`, `--cache=${join(cwd, '.npm')}`];
  return promisify(execFile)('npm', [...args, ...quiet, ...places], {
    cwd,
    env: { PATH, HOME: cwd },
    maxBuffer: 2 ** 26,
  });
}
