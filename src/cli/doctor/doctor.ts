import type { Invocation, Run } from '../command-line/command.ts';
import { WARNED } from '../command-line/exit-codes.ts';
import { safe } from '../command-line/terminal.ts';
import { prepare } from '../installation/prepare.ts';
import type { Finding } from './examination.ts';
import { examine } from './examine.ts';
import { mend } from './mend.ts';
import { type Machine, patientOf, thisMachine } from './patient.ts';
import { asJson, show, summary } from './show.ts';

/** `milton doctor`: looks at everything and changes nothing; with `--fix` it mends what is safe to mend, and looks again. */
export const doctor: Run = async ({ flags, terminal }) => {
  const found = await lookAt(flags);
  const mended = flags.fix ? mend(found) : [];
  for (const done of mended) terminal.talk(safe(done));
  const findings = mended.length > 0 ? await lookAt(flags) : found;
  if (flags.json) terminal.printJson({ v: 1, findings: asJson(findings), mended, worst: worstOf(findings) });
  else {
    show(findings, terminal);
    terminal.print(summary(findings));
  }
  return exitCode(findings);
};

/** Everything found with the set-up that a command line names. */
export const lookAt = async (flags: Invocation['flags'], machine: Machine = thisMachine()) =>
  examine(patientOf(await prepare(flags), machine));

/** The state of the worst finding. */
export const worstOf = (findings: readonly Finding[]): Finding['state'] =>
  (['failure', 'warning'] as const).find((worst) => findings.some(({ state }) => state === worst)) ?? 'ok';

/** 0 where all is well, 7 where there are only warnings, else that of the first failure. */
export function exitCode(findings: readonly Finding[]): number {
  const failure = findings.find(({ state }) => state === 'failure');
  if (failure) return failure.exit ?? 1;
  return worstOf(findings) === 'warning' ? WARNED : 0;
}
