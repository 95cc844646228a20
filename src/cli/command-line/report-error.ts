import { styleText } from 'node:util';
import { MiltonError } from '../../pipeline/errors.ts';
import { createRedactor } from '../../pipeline/services/redact.ts';
import { ConfigProblems } from '../../pipeline/setup/problems.ts';
import { exitCodeOf } from './exit-codes.ts';
import { safe } from './terminal.ts';

/** Tells the person why a command failed, without a stack unless they ask for it; returns the exit code. */
export function reportError(error: unknown, verbose: boolean, secrets: readonly string[]): number {
  const redact = createRedactor(secrets);
  const tell = (text: string) => process.stderr.write(`${redact(safe(text, { lines: true }))}\n`);
  const title = styleText('red', 'milton:', { stream: process.stderr });
  if (error instanceof ConfigProblems) {
    const count = error.problems.length;
    process.stderr.write(
      `${title} ${count === 1 ? 'one problem keeps' : `${count} problems keep`} Milton from starting:\n`,
    );
    tell(error.message);
  } else if (error instanceof MiltonError) {
    process.stderr.write(`${title} `);
    tell([error.message, error.hint].filter(Boolean).join('\n'));
  } else {
    process.stderr.write(`${title} `);
    tell(
      `unexpected error: ${error instanceof Error ? error.message : String(error)}${verbose ? '' : '\nRun with -v for details.'}`,
    );
  }
  for (let cause = verbose ? error : undefined; cause instanceof Error; cause = cause.cause) tell(String(cause.stack));
  return exitCodeOf(error);
}
