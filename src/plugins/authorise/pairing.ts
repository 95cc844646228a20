import type { Clean } from '../../pipeline/services/clean.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import type { Admission, AuthoriseRun } from './admission.ts';

const HOUR = 3_600_000;
/** So many wait at once; whoever sends without end must not fill the machine. */
const MOST = 3;
const QUESTION = 'pair';

/** Has somebody at this machine decide on a message that proves nothing. */
export async function byMachine(run: AuthoriseRun, store: JobStore, clean: Clean): Promise<Admission> {
  const { text, id } = run.message;
  const waiting = (await store.held()).filter(
    (other) =>
      other.id !== run.id && other.questions.some(({ key, answer }) => !answer && key.endsWith(`/${QUESTION}`)),
  );
  if (!run.marked(`pairing:${id}`) && waiting.length >= MOST) return { refused: 'full' };
  await run.first(`pairing:${id}`);
  const { choice, by } = await run.ask(QUESTION, {
    title: 'Not signed: run it?',
    body: shortLine(clean(text), 300),
    choices: ['Approve', 'Deny'],
    timeout: HOUR,
    onTimeout: 'Deny',
    where: 'machine',
  });
  if (choice === 'Approve') return { proof: 'machine', text };
  return { ended: by === 'person' ? 'cancelled' : 'expired' };
}
