import { randomUUID } from 'node:crypto';
import type { Effect, JobStore, JobView } from '../../pipeline/store/job-store.ts';

/**
 * Carries out at this machine what a command from the phone would: in one transaction, beside a Milton that may be running. What the
 * effect replies goes to the phone of that request; `run` = whose notice it is.
 */
export async function actOnMachine(
  store: Pick<JobStore, 'accept'>,
  { message: { transport } }: JobView,
  { text, effect, run }: { readonly text: string; readonly effect: Effect; readonly run?: string },
): Promise<void> {
  const own = `machine:${randomUUID()}`;
  const message = { id: own, transport, text, at: new Date().toISOString() };
  await store.accept({ run: run ?? own, message, seen: [own], effects: [effect], notices: [] });
}
