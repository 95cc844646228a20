import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../version.ts';
import { programsOf } from '../programs-of.ts';
import { readIfThere, sealOf } from '../sealed-file.ts';
import { UNIT } from './unit.ts';

/** Where the unit is. */
export const unitFile = () => join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'systemd', 'user', UNIT);

/** What is known of the installed unit without asking systemd. */
export interface InstalledUnit {
  readonly file: string;
  /** The Milton that wrote it; absent where none did. */
  readonly version?: string;
  /**
   * `older`: another version wrote it. `edited`: somebody has changed it by hand. `broken`: the Node or the Milton it starts is
   * not there any more, as after an upgrade.
   */
  readonly state: 'missing' | 'current' | 'older' | 'edited' | 'broken';
}

/** Looks at the installed unit. */
export function installedUnit(): InstalledUnit {
  const file = unitFile();
  const text = readIfThere(file);
  if (text === undefined) return { file, state: 'missing' };
  const seal = sealOf(text);
  const found = { file, ...(seal ? { version: seal.version } : {}) };
  if (!seal?.intact) return { ...found, state: 'edited' };
  if (programsOf(text).some((path) => !existsSync(path))) return { ...found, state: 'broken' };
  return { ...found, state: seal.version === version() ? 'current' : 'older' };
}
