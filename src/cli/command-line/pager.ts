import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Terminal } from './terminal.ts';

/** What `less` does with what fits on one screen, colours, and long lines, as git has it. */
const LESS = 'FRX';

/**
 * Prints lines, on a terminal through the person's own pager: GIT_PAGER or PAGER, else `less`. What a repository names as its pager
 * is not started.
 */
export async function page(lines: readonly string[], terminal: Terminal): Promise<void> {
  const { GIT_PAGER, PAGER = 'less', TERM } = process.env;
  const pager = GIT_PAGER ?? PAGER;
  if (!process.stdout.isTTY || TERM === 'dumb' || pager === '' || pager === 'cat' || !(await through(pager, lines)))
    for (const line of lines) terminal.print(line);
}

/** Whether the pager could be started. */
async function through(pager: string, lines: readonly string[]): Promise<boolean> {
  const child = spawn('sh', ['-c', pager], {
    stdio: ['pipe', 'inherit', 'inherit'],
    env: { LESS, LV: '-c', ...process.env },
  });
  // Who leaves the pager early has seen enough.
  child.stdin.on('error', () => {});
  child.on('error', () => {});
  if (child.pid === undefined) return false;
  // Ctrl-C belongs to the pager.
  const ignore = () => {};
  process.on('SIGINT', ignore);
  child.stdin.end(`${lines.join('\n')}\n`);
  const [code] = (await once(child, 'close')) as [number | null];
  process.off('SIGINT', ignore);
  // 126, 127 = the shell has not found it.
  return code !== 126 && code !== 127;
}
