import { expect, test } from 'vitest';
import { memoryLogger } from '../../../../src/testing/memory-logger.ts';
import { SkippedLines } from '../../../../src/transports/ntfy/server/skipped-lines.ts';

test('rule 2: a flood of bad lines costs a line of the log every 10 s, and none goes uncounted', () => {
  const log: { readonly message: string }[] = [];
  let now = 0;
  const skipped = new SkippedLines(memoryLogger(log as never[]), () => now);
  for (; now < 25_000; now++) skipped.add('a bad one');
  skipped.tell();
  skipped.tell();
  expect(log.map(({ message }) => message)).toEqual([
    'skipped a bad one',
    'skipped 10000 more lines, the last of them a bad one',
    'skipped 10000 more lines, the last of them a bad one',
    'skipped 4999 more lines',
  ]);
});
