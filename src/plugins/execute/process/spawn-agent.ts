import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createPrivateFile } from './private-file.ts';
import type { Identity, Processes } from './processes.ts';

/** A program to start: never through a shell. */
export interface Command {
  readonly bin: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of the file that receives its standard output. */
  readonly output: string;
}

/** How a started program ended. */
export interface Exit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

/** A program that has been started and still waits for its prompt. */
export interface Spawned {
  readonly identity: Identity;
  /** Hands the prompt over, which is the moment from which it may do anything. */
  begin(prompt: string): void;
  readonly exited: Promise<Exit>;
}

/** Why nothing was started: `missing` = no such program, `folder` = no such working folder. */
export type NotStarted = { readonly failure: 'missing' | 'folder' | 'refused'; readonly detail: string };

/** Where a program's standard error goes: beside its output. */
export const errorFile = (output: string) => `${output}.err`;

/**
 * Starts a program in a process group of its own. Output goes straight to files: through a pipe the end of it can be lost when
 * the program exits, and it would die with Milton.
 */
export async function spawnAgent(command: Command, processes: Processes): Promise<Spawned | NotStarted> {
  const folder = await stat(command.cwd).catch(() => undefined);
  if (!folder?.isDirectory()) return { failure: 'folder', detail: command.cwd };
  await mkdir(dirname(command.output), { recursive: true, mode: 0o700 });
  await using stdout = await createPrivateFile(command.output);
  await using stderr = await createPrivateFile(errorFile(command.output));
  // Node's own spawn, since execa hands no open file to a child.
  const child = spawn(command.bin, command.args, {
    cwd: command.cwd,
    env: { ...command.env },
    stdio: ['pipe', stdout.fd, stderr.fd],
    detached: true,
  });
  if (child.pid === undefined) {
    const [{ code, message }] = (await once(child, 'error')) as [NodeJS.ErrnoException];
    return { failure: code === 'ENOENT' || code === 'EACCES' ? 'missing' : 'refused', detail: message };
  }
  const exited = once(child, 'exit').then(([code, signal]) => ({
    exitCode: code ?? undefined,
    signal: signal ?? undefined,
  }));
  // A program that exits before it has read its prompt breaks the pipe; its exit tells more.
  child.stdin!.on('error', () => {});
  const found = await processes.find(child.pid);
  return {
    identity: { pid: child.pid, start: found?.start ?? '' },
    begin: (prompt) => child.stdin!.end(prompt),
    exited,
  };
}
