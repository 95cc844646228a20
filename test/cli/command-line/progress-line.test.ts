import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ProgressLine } from '../../../src/cli/command-line/progress-line.ts';

let written: string;
function write(text: string): boolean {
  written += text;
  return true;
}
const stream = (isTTY: boolean, columns = 30) => ({ isTTY, columns, write }) as unknown as NodeJS.WriteStream;
beforeEach(() => {
  written = '';
  vi.useFakeTimers();
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

test('one line is written over, never broken, and gone at the end', () => {
  const line = new ProgressLine(stream(true));
  line.say('Edit a.ts');
  vi.advanceTimersByTime(3_100);
  expect(written.split('\r\x1b[K').at(-1)).toMatch(/^\S 3s Edit a\.ts$/);
  line.say('x'.repeat(200));
  vi.advanceTimersByTime(100);
  expect(written.split('\r\x1b[K').at(-1)).toHaveLength(29);
  line.say('漢'.repeat(200));
  vi.advanceTimersByTime(100);
  expect(written.split('\r\x1b[K').at(-1)).toHaveLength(15);
  line[Symbol.dispose]();
  expect(written).toMatch(/\r\x1b\[K$/);
  const before = written;
  vi.advanceTimersByTime(1_000);
  expect(written).toBe(before);
});

test.each([
  ['where standard error is no terminal', false, 'xterm'],
  ['on a dumb one', true, 'dumb'],
])('there is none %s', (_, isTTY, term) => {
  vi.stubEnv('TERM', term);
  using line = new ProgressLine(stream(isTTY));
  line.say('Edit a.ts');
  vi.advanceTimersByTime(1_000);
  expect(written).toBe('');
});
