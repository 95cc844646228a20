import { writeSync } from 'node:fs';

/** How long a reader that does not read may hold Milton up, in ms. */
const PATIENCE = 2000;
const PAUSE = 5;
const pause = new Int32Array(new SharedArrayBuffer(4));
let stuck = false;

/**
 * Writes to standard error at once. `process.stderr` queues what a full pipe does not take, and loses it when the process
 * exits; this waits. Where nobody reads, or ever will, the text is dropped and Milton goes on.
 */
export function writeStderr(text: string): void {
  let rest = Buffer.from(text);
  for (let waited = 0; rest.length > 0; ) {
    try {
      rest = rest.subarray(writeSync(2, rest));
      stuck = false;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || stuck) return;
      if (waited >= PATIENCE) {
        stuck = true;
        return;
      }
      Atomics.wait(pause, 0, 0, PAUSE);
      waited += PAUSE;
    }
  }
}
