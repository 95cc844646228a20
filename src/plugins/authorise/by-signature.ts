import { type Admission, type AuthoriseRun, type Judge, notCarriedOut } from './admission.ts';
import { byLink } from './by-button.ts';
import { staleness } from './freshness.ts';
import { isGenuine, readSignature } from './signature.ts';

/** Believes a message that is signed with a key of this machine, once; undefined where it bears no signature. */
export async function bySignature(run: AuthoriseRun, judge: Judge): Promise<Admission | undefined> {
  const { keys, clock, window, clean, store } = judge;
  const signed = readSignature(run.message.text);
  if (!signed) return undefined;
  const { signing } = keys.current();
  if (signing.length === 0) return { refused: 'no key' };
  if (!isGenuine(signed, signing)) return { refused: 'forged' };
  const { text, at, signature } = signed;
  const key = `signature:${signature}`;
  // A run that was held has passed before, and need not be fresh any more.
  if (!run.marked(key)) {
    const stale = staleness({ signed: at, sent: run.message.at, now: clock.now() }, window);
    // The time first: a copy that was held back must not use up the signature of what comes in time.
    if (stale !== undefined) {
      const known = (await store().seen(key)) || !(await run.first(`told:${key}`));
      return known ? 'again' : notCarriedOut(stale, clean(text));
    }
    if (!(await run.first(key))) return 'again';
  }
  return (await byLink(run, text, judge)) ?? { proof: 'signature', text };
}
