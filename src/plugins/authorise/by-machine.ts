import type { Admission, AuthoriseRun, Judge } from './admission.ts';
import { Rate } from './rate.ts';
import { notShownWhole } from './shown-whole.ts';

const HOUR = 3_600_000;
/** So many wait at once, and so many may ask within an hour: whoever sends without end must not have the phone ring without end. */
const MOST = 3;
const PER_HOUR = 10;
const QUESTION = 'pair';

/** Makes what has somebody at this machine decide on a message that proves nothing. */
export function machine({ store, clean, clock }: Judge): (run: AuthoriseRun) => Promise<Admission> {
  const rate = new Rate(PER_HOUR, HOUR);
  return async (run) => {
    const { text, id } = run.message;
    const mark = `pairing:${id}`;
    if (!run.marked(mark)) {
      if (notShownWhole(text, clean) !== undefined) return { refused: 'odd' };
      if ((await waiting()) >= MOST || !rate.take(clock.now())) return { refused: 'full' };
      await run.first(mark);
    }
    const { choice, by } = await run.ask(QUESTION, {
      title: 'Not signed: run it?',
      body: text,
      choices: ['Approve', 'Deny'],
      timeout: HOUR,
      onTimeout: 'Deny',
      where: 'machine',
    });
    if (choice === 'Approve') return { proof: 'machine', text };
    return { ended: by === 'person' ? 'cancelled' : 'expired' };
  };

  async function waiting(): Promise<number> {
    const held = await store().held();
    const asks = ({ questions }: (typeof held)[number]) =>
      questions.some(({ key, answer }) => !answer && key.endsWith(`/${QUESTION}`));
    return held.filter(asks).length;
  }
}
