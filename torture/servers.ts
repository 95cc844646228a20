import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** A real ntfy server's program. */
export interface Server {
  readonly path: string;
  readonly version: string;
}

const fetched = (suite: string) => resolve(import.meta.dirname, `../.cache/ntfy/${suite}/usr/bin/ntfy`);

/** The servers to torture Milton with: the named ones, else the newest and, unless it has to be quick, 2.11. Throws where one is missing. */
export function findServers(named: readonly string[], quick: boolean): Server[] {
  if (named.length > 0) return named.map((path) => server(path, 'Name another one with --server.'));
  const newest = server(process.env.NTFY_BIN ?? fetched('sid'), 'Run scripts/get-ntfy, or set NTFY_BIN.');
  if (quick) return [newest];
  return [
    newest,
    server(fetched('trixie'), 'Run scripts/get-ntfy .cache/ntfy trixie, or name the servers with --server.'),
  ];
}

function server(path: string, repair: string): Server {
  if (!existsSync(path)) throw new Error(`There is no ntfy server at ${path}. ${repair}`);
  const help = execFileSync(path, ['--help'], { encoding: 'utf8' });
  return { path, version: /\bntfy v?(\d+\.\d+\.\d+)/.exec(help)?.[1] ?? 'of unknown version' };
}
