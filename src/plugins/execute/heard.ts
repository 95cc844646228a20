import type { AgentReport } from '../../pipeline/agent.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import { shortLine } from '../../pipeline/short-line.ts';

/** Characters of what an agent does, as it is told. */
export const TOLD = 120;

/** A line of what an agent does, fit for a title. */
export const heardLine = (line: string, clean: Clean): string => shortLine(clean(line), TOLD);

/** What an agent says of its work, without secrets: from here on it may be cut, kept and told. */
export function heard(report: AgentReport, clean: Clean): AgentReport {
  const { text, reason, denials } = report;
  return {
    ...report,
    text: clean(text),
    ...(reason === undefined ? {} : { reason: clean(reason) }),
    denials: denials.map((each) => heardLine(each, clean)),
  };
}
