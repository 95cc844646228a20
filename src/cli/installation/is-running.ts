import { dirname } from 'node:path';
import { holder } from '../../pipeline/store/sqlite.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { databaseFile } from './database-file.ts';
import type { Prepared } from './prepare.ts';

/** Whether a Milton works on this installation now. */
export const isRunning = (prepared: Pick<Prepared, 'config' | 'folders'>): boolean =>
  holder(dirname(databaseFile(prepared))) !== undefined;

/** Says that nothing will happen by itself, where that is so. */
export function tellWhetherRunning(prepared: Pick<Prepared, 'config' | 'folders'>, terminal: Terminal): void {
  if (!isRunning(prepared)) terminal.talk('Milton is not running, so nothing happens until it is: milton start');
}
