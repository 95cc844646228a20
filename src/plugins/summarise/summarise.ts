import { z } from 'zod';
import { everyText } from '../../pipeline/every-text.ts';
import { Transports } from '../../pipeline/exposure.ts';
import { fromEnv } from '../../pipeline/options.ts';
import { definePlugin } from '../../pipeline/plugin.ts';
import { isOverheardAt } from '../../pipeline/privacy/overheard.ts';
import { DIFF_LEFT_OUT } from '../../pipeline/privacy/reduce.ts';
import { withoutDiffs } from '../../pipeline/privacy/without-diffs.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import { formatDuration } from '../execute/duration.ts';
import { fileLines, sizeOf } from '../execute/git/change-lines.ts';
import { brief, result, summary, verdict } from '../slots.ts';
import { type Brief, changedNothing, onlyTheWeb, type Result, testsInWords, titleOf, type Verdict } from './judge.ts';
import { pagesOf, sourceLines } from './sources.ts';

/** An answer longer than some screens of a phone: the facts come before it, since its end may be in a file or a later notice. Bytes. */
const LONG_ANSWER = 3_000;
/** Characters of repository and request. */
const REQUEST_SHOWN = 50;
const FILES_SHOWN = 5;
const DENIALS_SHOWN = 3;

/** Says how a request ended, from what Milton measured and not from what the agent claims. */
export const summarise = definePlugin({
  name: 'summarise',
  where: 'work',
  /** The most characters of the agent's answer that the phone shows. */
  options: z.strictObject({
    maxOutput: fromEnv('MAX_OUTPUT_SIZE', z.number().min(0)).describe(
      "the most characters of the agent's answer that a notice quotes; the rest is in the report. What is too long for one ntfy message goes along as a file, or in numbered parts",
    ),
  }),
  requires: [verdict, result],
  optional: [brief],
  provides: [summary],
  setup({ options, get }) {
    const clean = cleaner(get(Redact));
    return async function summarise(run, next) {
      const [request, done, known] = [run.get(verdict), run.get(result), run.get(brief)];
      // What is to be left out where strangers can read is known for what it is only before it is cut.
      const isOpen = await isOverheardAt(run.message.transport, get(Transports));
      const said = isOpen ? withoutDiffs(done.text, DIFF_LEFT_OUT) : done.text;
      const asked = { ...request, text: clean(request.text) };
      const told = {
        outcome: done.status === 'failed' ? ('failed' as const) : ('done' as const),
        title: titleOf(run.id, asked, done, known),
        ...textOf(run.id, asked, { ...done, text: said }, known, options.maxOutput),
        report: reportOf(run.id, asked, done, known),
        ...pagesOf(asked, answerOf(asked, done, known), known),
      };
      // Names of files and branches are in there as they are.
      run.set(summary, everyText(told, clean));
      await next();
    };
  },
});

/**
 * The lines that matter most, most important first: a lock screen shows about 90 characters, and the end of a long notice is
 * cut.
 */
function factsOf(id: string, asked: Verdict, done: Result, known: Brief | undefined): readonly string[] {
  const { status, reason, cause, goOn, changes, denials, after } = done;
  const worked = changes !== undefined && !changedNothing(done);
  return [
    shortLine(`${asked.repository} · ${asked.text}`, REQUEST_SHOWN),
    ...(status === 'failed' && reason ? [reason] : []),
    // A limit that was reached is a question to the person.
    ...(cause === 'budget' && goOn ? [`CONTINUE ${id} lets it go on.`] : []),
    ...(after ? [`${after.agent} could not: ${after.reason}${after.branch ? ` (${after.branch})` : ''}`] : []),
    ...(changes?.left ? [`not committed: ${changes.left.why}. It is in ${changes.left.folder}`] : []),
    figuresOf(asked, done, known).join(' · '),
    ...(worked ? [`branch ${changes.branch}`, ...fileLines(changes.files, FILES_SHOWN)] : []),
    ...(denials.length > 0 ? [`Refused: ${shorten(denials, DENIALS_SHOWN).join(', ')}`] : []),
  ];
}

/** `3 files +84 −6 · done · 3 min 12 s · $0.21`. */
function figuresOf({ kind }: Verdict, done: Result, known: Brief | undefined): readonly string[] {
  const { status, changes, durationMs } = done;
  const costUsd = costOf(done, known);
  const tests = testsInWords(done);
  const words = {
    // The answer itself says that a question is done.
    succeeded: kind === 'RESEARCH' ? [] : [changedNothing(done) ? 'says done, but no file changed' : 'done'],
    failed: ['failed'],
    'dry-run': ['dry run'],
  };
  return [
    ...(changes && (status === 'failed' || !changedNothing(done)) ? [sizeOf(changes.files)] : []),
    ...(tests === undefined ? [] : [tests]),
    ...words[status],
    ...(status === 'dry-run' ? [] : [formatDuration(durationMs)]),
    ...(costUsd === undefined ? [] : [inDollars(costUsd)]),
  ];
}

/** What the agent and the research of this run have cost together; undefined where nothing is known. */
function costOf({ costUsd }: Result, known: Brief | undefined): number | undefined {
  const costs = [costUsd, known?.cached ? undefined : known?.costUsd].filter((cost) => cost !== undefined);
  return costs.length === 0 ? undefined : costs.reduce((sum, cost) => sum + cost);
}

const inDollars = (amount: number) => `$${amount.toFixed(amount > 0 && amount < 0.01 ? 3 : 2)}`;

/** Everything in full, for the file. */
function reportOf(id: string, asked: Verdict, done: Result, known: Brief | undefined): string {
  const { changes, tests } = done;
  const section = (name: string, text: string) => (text.trim() === '' ? '' : `## ${name}\n\n${text.trim()}`);
  return `${paragraphs(
    `# ${titleOf(id, asked, done, known)}`,
    factsOf(id, asked, done, known).join('\n'),
    section('Request', `${asked.kind} @${asked.repository} @${asked.agent}: ${asked.text}`),
    section(done.status === 'dry-run' ? 'Prompt' : 'Answer', done.text),
    section(
      'Changes',
      changes
        ? [`${changes.base}..${changes.head}`, sizeOf(changes.files), ...fileLines(changes.files)].join('\n')
        : '',
    ),
    section('Refused', done.denials.join('\n')),
    section(
      'Tests',
      tests
        ? `$ ${tests.command}\n${tests.tail}\n(${testsInWords(done)}, ${formatDuration(tests.ms)})${whereOf(tests)}`
        : '',
    ),
    section('Research', researchOf(known)),
    section('Sources', (known?.sources ?? []).map(({ n, title, url }) => `[${n}] ${title}\n    ${url}`).join('\n')),
    section('Details', detailsOf(done)),
  )}\n`;
}

/** Explains what may be no fault of the work. */
const whereOf = ({ outcome, confined }: NonNullable<Result['tests']>) =>
  confined && outcome !== 'passed' ? '\nThey ran in a sandbox without network.' : '';

/** A question that the web has answered has no other answer than that. */
function researchOf(known: Brief | undefined): string {
  if (!known || known.answers) return '';
  const { by, fallback, costUsd, tokens, cached, text } = known;
  const about = [
    ...(fallback === undefined ? [] : [fallback.replace(/\.$/, '')]),
    ...(cached ? ['found within the last day'] : []),
    ...(costUsd === undefined ? [] : [inDollars(costUsd)]),
    ...(tokens === undefined ? [] : [`${tokens.toLocaleString('en')} tokens`]),
  ];
  return `By ${by}${about.length > 0 ? ` (${about.join(', ')})` : ''}\n\n${text}`;
}

function detailsOf({ turns, tokens, session, rawOutput }: Result): string {
  return [
    ...(turns === undefined ? [] : [`Turns: ${turns}`]),
    ...(tokens === undefined ? [] : [`Tokens: ${tokens.toLocaleString('en')}`]),
    ...(session === undefined ? [] : [`Session: ${session}`]),
    ...(rawOutput === undefined ? [] : [`Raw output: ${rawOutput}`]),
  ].join('\n');
}

/** What the person reads as the answer: the agent's, or where it could not look, what the web says. */
const answerOf = (asked: Verdict, done: Result, known: Brief | undefined): string =>
  onlyTheWeb(asked, done, known) ? known.text : done.text;

/** The text of the notice: a short answer to a question comes before the facts, everything else after them. */
function textOf(id: string, asked: Verdict, done: Result, known: Brief | undefined, maxOutput: number) {
  const facts = factsOf(id, asked, done, known).join('\n');
  const whole = answerOf(asked, done, known).trim();
  const answer = headAndTail(whole, maxOutput);
  const answered = done.status === 'succeeded' || onlyTheWeb(asked, done, known);
  if (asked.kind === 'CODE' || !answered) return { body: facts, below: answer };
  const sources = sourceLines(whole, known).join('\n');
  if (Buffer.byteLength(answer) > LONG_ANSWER) return { body: facts, below: paragraphs(answer, sources) };
  return { body: paragraphs(answer, facts), below: sources };
}

const GAP = '\n…\n';

/** A text within so many characters: its beginning and its end, where the conclusion usually stands. */
export function headAndTail(text: string, limit: number): string {
  const letters = Array.from(text);
  if (letters.length <= limit) return text;
  const room = Math.max(0, limit - GAP.length);
  if (room === 0) return '';
  const head = Math.ceil(room * 0.6);
  return `${letters.slice(0, head).join('')}${GAP}${letters.slice(letters.length - (room - head)).join('')}`;
}

function shorten(lines: readonly string[], shown: number): readonly string[] {
  return lines.length <= shown ? lines : [...lines.slice(0, shown), `and ${lines.length - shown} more`];
}

const paragraphs = (...parts: readonly string[]) => parts.filter((part) => part !== '').join('\n\n');
