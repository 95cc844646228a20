import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { MiltonError } from '../../../pipeline/errors.ts';
import { keyFile, readKeys } from '../../../pipeline/services/keys/key-file.ts';
import { INVALID } from '../../command-line/exit-codes.ts';
import { moment } from '../../command-line/wording.ts';
import { makeKey } from '../../keys/make.ts';
import { at, type Examination, type Finding } from '../examination.ts';
import { withMode } from '../mend.ts';
import { failing } from './configuration.ts';

const { ok, failure } = at('keys');

/** Whether there are the keys that messages must be signed with, and nobody else can read them. */
export const keys: Examination = {
  topic: 'keys',
  async examine({ problems }) {
    const path = keyFile();
    try {
      const found = readKeys(path);
      const lacking = (await problems()).filter(({ code }) => code === 'NO_KEY');
      if (lacking.length > 0) return lacking.map((each) => ({ ...failing(each), ...making(each.repair) }));
      const count = found?.signing.length ?? 0;
      if (count === 0) return [ok('', 'There are no keys, and none are needed')];
      return [
        ok(
          '',
          count > 1
            ? 'Two keys count until the next rotation'
            : `A key was made on ${moment(Date.parse(found!.signing[0]!.made))}`,
        ),
      ];
    } catch (error) {
      return [unusable(path, error)];
    }
  },
};

const making = (repair: string): Pick<Finding, 'fix'> =>
  repair.includes('milton keys new')
    ? {
        fix() {
          makeKey(keyFile());
          return 'A key was made. Put it on the phone: milton keys qr';
        },
      }
    : {};

function unusable(path: string, error: unknown): Finding {
  if (!(error instanceof MiltonError)) throw error;
  const { message, hint } = error;
  const why = 'Milton takes no signed message as long as it does not use its keys.';
  const more = { why, exit: INVALID, ...(hint === undefined ? {} : { repair: hint }), ...modeOf(path) };
  return failure('', message, more);
}

/** What closes the file of the keys, or its folder, where it is one's own and open to others. */
function modeOf(path: string): Pick<Finding, 'fix'> {
  const open = [
    { path: dirname(path), mode: 0o700, others: 0o022 },
    { path, mode: 0o600, others: 0o077 },
  ].find((each) => {
    const found = statSync(each.path, { throwIfNoEntry: false });
    return found?.uid === process.getuid?.() && (found!.mode & each.others) !== 0;
  });
  return open ? withMode(open) : {};
}
