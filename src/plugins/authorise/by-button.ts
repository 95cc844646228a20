import { type ProvenReply, readReply } from '../../pipeline/services/keys/reply-proof.ts';
import type { Admission, AuthoriseRun, Judge } from './admission.ts';
import { notCarriedOut } from './admission.ts';

/** Believes the text of a button that Milton itself has sent, once; undefined where the message bears no such proof. */
export async function byButton(run: AuthoriseRun, judge: Judge): Promise<Admission | undefined> {
  const reply = readReply(run.message.text, judge.keys.current().replies ?? []);
  if (!reply) return undefined;
  // What a link hands over anybody can read: it counts only when the Shortcut has signed it.
  return reply.genuine && reply.way === 'tap' ? use(run, reply, judge) : { refused: 'forged' };
}

/** However it was typed into the Shortcut: what is not known for handed over would be a request. */
const TAP = /^\s*tap[^\S\n]*\n/i;

/**
 * What the Shortcut was handed over by a button; undefined where it was not. It signs what any page or notice hands over, so that only what
 * a notice of this Milton has offered counts.
 */
export async function byLink(run: AuthoriseRun, text: string, judge: Judge): Promise<Admission | undefined> {
  if (!TAP.test(text)) return unmarked(text, judge);
  const reply = readReply(text.replace(TAP, ''), judge.keys.current().replies ?? []);
  if (reply?.genuine && reply.way === 'link') return use(run, reply, judge);
  const why = 'The Shortcut was handed over what no notice of Milton has offered: something else wanted it signed.';
  return notCarriedOut(why, judge.clean(text.replace(TAP, '')));
}

/** A link without the line that the Shortcut puts above what it is handed over: then it would sign anything as its person's own words. */
function unmarked(text: string, { keys, clean }: Judge): Admission | undefined {
  if (readReply(text, keys.current().replies ?? [])?.way !== 'link') return undefined;
  return notCarriedOut(
    'The Shortcut does not mark what it is handed over: put TAP above it, as docs/shortcut.md says.',
    clean(text),
  );
}

async function use(run: AuthoriseRun, { text, until, way }: ProvenReply, judge: Judge): Promise<Admission> {
  const key = `button:${text}`;
  if (!run.marked(key)) {
    // By Milton's own clock, since a server could hold the tap back and date it as it likes.
    const why = judge.clock.now() > until ? 'is too old' : (await run.first(key)) ? undefined : 'was used already';
    // Whoever reads the notice can send it as often as they like: its person hears of that once.
    if (why !== undefined && !(await run.first(`told:${key}`))) return 'again';
    if (why !== undefined) return notCarriedOut(`That button ${why}`, judge.clean(text));
  }
  return { proof: way === 'tap' ? 'button' : 'signature', text };
}
