import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { MiltonError } from '../../../pipeline/errors.ts';
import { checkStore } from '../../installation/check-store.ts';
import { databaseFile, usesSqlite } from '../../installation/database-file.ts';
import { at, type Examination, type Finding } from '../examination.ts';
import { withMode } from '../mend.ts';

const { ok, warning, failure } = at('database');

/** Whether the database is sound, of a format this Milton knows, and nobody else's business. */
export const database: Examination = {
  topic: 'database',
  async examine({ prepared }) {
    if (!usesSqlite(prepared)) return [];
    const file = databaseFile(prepared);
    try {
      checkStore(prepared);
    } catch (error) {
      if (!(error instanceof MiltonError)) throw error;
      const { message: what, hint } = error;
      return [failure('', what, { ...(hint === undefined ? {} : { repair: hint }), ...making(dirname(file)) })];
    }
    if (!existsSync(file)) return [ok('', 'There is none yet: the first start makes it')];
    if ((lstatSync(file).mode & 0o077) === 0) return [ok('', `${file} is sound`)];
    const why = 'It holds what you asked for, and what agents answered.';
    const more = { why, repair: `Run: chmod 600 ${file}`, ...withMode({ path: file, mode: 0o600 }) };
    return [warning('mode', `Other users can read ${file}`, more)];
  },
};

/** Makes the folder that a database is to be in, where that is all that is missing. */
const making = (folder: string): Pick<Finding, 'fix'> =>
  existsSync(folder)
    ? {}
    : {
        fix() {
          mkdirSync(folder, { recursive: true, mode: 0o700 });
          return `The folder ${folder} was made.`;
        },
      };
