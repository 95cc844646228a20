import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { delimiter, dirname, isAbsolute } from 'node:path';
import type { Readable } from 'node:stream';

/** How long the shell may take, in ms: it runs all that the person has put into its start files. */
const PATIENCE = 5000;
const MARK = '__milton_path__';
const USUAL = '/usr/local/bin:/usr/bin:/bin';

interface Asked {
  /** The person's shell. */
  readonly shell: string;
  readonly home: string;
  readonly user: string;
  readonly patience?: number;
}

/**
 * PATH as a new terminal of the person has it: agents lie in folders that only the shell's own start files name, as `~/.local/bin`
 * or one of nvm. Undefined where the shell does not say.
 */
export async function loginPath({ shell, home, user, patience = PATIENCE }: Asked): Promise<string | undefined> {
  // Every shell knows this, whatever is in its PATH.
  const script = `echo; echo ${MARK}; echo "$PATH"; echo ${MARK}`;
  const env = { HOME: home, USER: user, LOGNAME: user, SHELL: shell, TERM: 'dumb', PATH: USUAL };
  // A process group of its own: what the start files have started is ended with it, and none of it can ask the terminal.
  const child = spawn(shell, ['-i', '-l', '-c', script], {
    env,
    cwd: home,
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  // Not until its output ends: what the start files have started in a session of its own holds that for as long as it lives.
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, patience);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    child.on('error', done).on('close', done);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (found(said) !== undefined) done();
    });
  });
  end(child);
  return found(said);
}

/** Ends the shell with all of its group, and waits for nothing that it has left. */
function end(child: ChildProcessByStdio<null, Readable, null>): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
  child.stdout.destroy();
  child.unref();
}

function found(said: string): string | undefined {
  const [, path] = new RegExp(`^${MARK}\n(.*)\n${MARK}$`, 'm').exec(said) ?? [];
  return path ? path : undefined;
}

/** Without what is relative or there twice, and with the folder of this Node: agents written for Node start through its name. */
export function tidyPath(path: string, node: string): string {
  const folders = [...path.split(delimiter).filter(isAbsolute), dirname(node)];
  return [...new Set(folders)].join(delimiter);
}
