import type { SlotValue } from '../../pipeline/slot.ts';
import type { brief, result, verdict } from '../slots.ts';

export type Verdict = SlotValue<typeof verdict>;
export type Result = SlotValue<typeof result>;
export type Brief = SlotValue<typeof brief>;

const EDIT = /^(?:Edit|MultiEdit|Write|NotebookEdit|apply_patch)\b/;

/** Whether git shows nothing of what the agent says it did. */
export const changedNothing = ({ changes }: Result): boolean =>
  changes !== undefined && changes.files.length === 0 && changes.commits === 0;

/** `2 tool uses`. */
export const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? '' : 's'}`;

/** Whether what the web says of a question is all there is, since the agent could not look into the code. */
export const onlyTheWeb = ({ kind }: Verdict, { status }: Result, known: Brief | undefined): known is Brief =>
  kind === 'RESEARCH' && status === 'failed' && known !== undefined && !known.offline && known.text !== '';

/** The first line of the last notice: what the agent claims, and what Milton found against it. */
export function titleOf(id: string, asked: Verdict, done: Result, known: Brief | undefined): string {
  const { agent, status } = done;
  const { kind } = asked;
  if (status === 'dry-run') return `🧪 [${id}] dry run: ${agent} was not started`;
  if (onlyTheWeb(asked, done, known)) return `⚠️ [${id}] answered from the web alone: ${agent} failed`;
  if (status === 'failed') return `❌ [${id}] ${agent} failed`;
  if (kind === 'RESEARCH') return `🔎 [${id}] ${agent} answered`;
  const but = objection(done);
  return but === undefined ? `✅ [${id}] ${agent} finished` : `⚠️ [${id}] ${agent} ${but}`;
}

/** What speaks against a claim of success, the gravest first; undefined where nothing does. */
function objection(done: Result): string | undefined {
  const { tests, denials, changes } = done;
  if (changes?.left) return 'finished, but not all of it could be committed';
  if (changedNothing(done)) return 'finished, but changed nothing';
  if (tests && tests.outcome !== 'passed')
    return `finished, but ${TESTS[tests.before === 'failed' ? 'before' : tests.outcome]}`;
  if (denials.length === 0) return undefined;
  const edits = denials.every((each) => EDIT.test(each));
  return `finished, but was refused ${count(denials.length, edits ? 'edit' : 'tool use')}`;
}

const TESTS = {
  failed: 'tests fail',
  before: 'tests fail, as they did before',
  timeout: 'the tests did not end',
  broken: 'the tests could not be started',
} as const;

/** What the repository's own tests say, as one of the figures; undefined where they were not run. */
export function testsInWords({ tests }: Result): string | undefined {
  if (!tests) return undefined;
  if (tests.outcome === 'passed') return 'tests pass';
  return TESTS[tests.before === 'failed' ? 'before' : tests.outcome];
}
