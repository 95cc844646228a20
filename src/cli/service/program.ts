import { homedir } from 'node:os';
import { dirname, resolve, sep } from 'node:path';
import { MiltonError } from '../../pipeline/errors.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { account } from './account.ts';
import { loginPath, tidyPath } from './login-path.ts';

/** What a service runs, and with what. All paths are absolute. */
export interface Program {
  readonly node: string;
  /** The script of the command line. */
  readonly cli: string;
  readonly config: string;
  readonly path: string;
}

/** The folder a service runs in: relative names in a configuration's own code mean the same as in a terminal there. */
export const folderOf = ({ config }: Program) => dirname(config);

/** This very Milton, with a configuration, and PATH as the person's shell has it. */
export async function thisProgram(config: string, terminal: Pick<Terminal, 'talk'>): Promise<Program> {
  const cli = resolve(process.argv[1] ?? '');
  if (cli.split(sep).includes('_npx')) {
    throw new MiltonError('NOT_INSTALLED', 'This Milton lies in a cache of npx, which npm empties when it likes.', {
      hint: 'Install it first: npm install -g milton-orchestrator',
    });
  }
  const { user, shell } = account();
  const found = await loginPath({ shell, home: homedir(), user });
  if (found === undefined) {
    terminal.talk(`${shell} did not tell its PATH; the service gets that of this terminal.`);
  }
  const node = process.execPath;
  return { node, cli, config, path: tidyPath(found ?? process.env.PATH ?? '', node) };
}
