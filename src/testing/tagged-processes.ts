import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** The pids of all live processes that carry a run's tag in their environment. */
export function taggedProcesses(run: string): readonly number[] {
  const tag = `MILTON_REQUEST_ID=${run}`;
  if (process.platform !== 'linux') {
    const listed = execFileSync('ps', ['-axEww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    const lines = listed.split('\n').filter((line) => line.split(' ').includes(tag));
    return lines.map((line) => Number.parseInt(line, 10));
  }
  // A zombie has no environment any more.
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environmentOf(name).includes(tag))
    .map(Number);
}

function environmentOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
  } catch {
    return [];
  }
}
