import { chmodSync, lstatSync } from 'node:fs';
import { explain } from '../../pipeline/errors.ts';
import type { Mode } from '../../pipeline/setup/problems.ts';
import type { Finding } from './examination.ts';

/** Mends what can be mended safely, and says what was done, or why it was not. */
export function mend(findings: readonly Finding[]): readonly string[] {
  return findings.flatMap((finding) => {
    try {
      const done = finding.fix?.();
      return done === undefined ? [] : [done];
    } catch (error) {
      return [`This could not be mended: ${explain(error)}`];
    }
  });
}

/** The fix that gives a file or folder a mode; a link is left alone. */
export const withMode = ({ path, mode }: Mode) => ({
  fix() {
    if (lstatSync(path).isSymbolicLink()) throw new Error(`${path} is a symbolic link`);
    chmodSync(path, mode);
    return `${path} has mode 0${mode.toString(8)} now.`;
  },
});
