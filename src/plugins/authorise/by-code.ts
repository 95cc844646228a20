import { type Admission, type AuthoriseRun, type Judge, notCarriedOut } from './admission.ts';
import { staleness } from './freshness.ts';
import { notShownWhole } from './shown-whole.ts';
import { readCode } from './totp.ts';

const HALF_AN_HOUR = 30 * 60_000;
const QUESTION = 'code';
/** What only tells, or takes something back, and is nothing else: a sentence may begin with such a word. */
const HARMLESS = /^\s*(?:status|queue|help|(?:status|cancel|deny)\s+(?:last|(?:req_)?[a-z2-7]{6,16}))[\s.!?]*$/i;

/**
 * Believes a message that begins with a one-time code, once its person has approved it: the code does not sign the text, which whoever hands
 * it on could have changed. Undefined where it begins with none.
 */
export async function byCode(run: AuthoriseRun, judge: Judge): Promise<Admission | undefined> {
  const written = readCode(run.message.text);
  const { totp } = judge.keys.current();
  if (!written || totp === undefined) return undefined;
  const { code, text } = written;
  const passed = `code:${run.message.id}`;
  if (!run.marked(passed)) {
    const refused = await refusal(run, code, totp, judge);
    if (refused) return refused;
    await run.first(passed);
  }
  if (HARMLESS.test(text)) return { proof: 'code', text };
  const why = notShownWhole(text, judge.clean);
  if (why !== undefined)
    return notCarriedOut(`Behind a one-time code it must be shown whole, and ${why}`, judge.clean(text));
  const { choice, by } = await run.ask(QUESTION, {
    title: 'Typed with a code: run it?',
    body: text,
    choices: ['Approve', 'Deny'],
    timeout: HALF_AN_HOUR,
    onTimeout: 'Deny',
  });
  if (choice === 'Approve') return { proof: 'code', text };
  return { ended: by === 'person' ? 'cancelled' : 'expired' };
}

async function refusal(run: AuthoriseRun, code: string, totp: string, judge: Judge): Promise<Admission | undefined> {
  const { clock, codes, window } = judge;
  const now = clock.now();
  const { at } = run.message;
  // Before the code is looked at, and not answered: anybody could have sent it.
  if (staleness({ signed: at, sent: at, now }, window) !== undefined) return { refused: 'code' };
  // It may have waited at the server for a Milton that was away.
  const step = codes.check(code, totp, { now, sent: Date.parse(at) });
  if (step === 'locked') return { refused: 'locked' };
  if (step === 'wrong' || !(await run.first(`code:${step}`))) return { refused: 'code' };
  codes.accepted();
  return undefined;
}
