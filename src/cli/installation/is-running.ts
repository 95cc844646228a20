import { dirname } from 'node:path';
import { holder } from '../../pipeline/store/sqlite.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { databaseFile } from './database-file.ts';
import type { Prepared } from './prepare.ts';

/** Whether a Milton works on this installation now. */
export const isRunning = (prepared: Pick<Prepared, 'config' | 'folders'>): boolean =>
  holder(dirname(databaseFile(prepared))) !== undefined;

/** How often it is looked, in ms. */
const LOOK = 2_000;

/** Says that nothing happens by itself, where that is so. */
export function tellWhetherRunning(
  prepared: Pick<Prepared, 'config' | 'folders'>,
  { talk }: Pick<Terminal, 'talk'>,
): boolean {
  const running = isRunning(prepared);
  if (!running) talk('Milton is not running, so nothing happens until it is: milton start');
  return running;
}

/** Says the same for as long as somebody waits for something to happen, once. */
export function watchRunning(
  prepared: Pick<Prepared, 'config' | 'folders'>,
  { talk }: Pick<Terminal, 'talk'>,
): Disposable {
  if (!tellWhetherRunning(prepared, { talk })) return { [Symbol.dispose]() {} };
  const timer = setInterval(() => {
    if (!tellWhetherRunning(prepared, { talk })) clearInterval(timer);
  }, LOOK);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
