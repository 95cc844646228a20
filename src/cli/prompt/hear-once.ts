import { setTimeout as sleep } from 'node:timers/promises';
import type { Milton } from '../../pipeline/setup/assemble.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import type { MemoryPhone } from '../../transports/memory-phone.ts';

/** How long a run that hangs may take to clean up, in ms. */
const PATIENCE = 1000;
/** Milliseconds between two looks at whether all is said. */
const LOOK_AGAIN = 10;

/** Gives one text to a Milton, and waits until it has said its last word on it, or asks something that nobody here will answer. */
export async function hearOnce(milton: Milton, phone: MemoryPhone, text: string): Promise<void> {
  phone.send(text);
  const running = milton.start({ patience: PATIENCE });
  try {
    while (!(await isOver(milton, phone))) await sleep(LOOK_AGAIN);
  } finally {
    await running.stop(0);
  }
}

async function isOver({ store, transports }: Milton, phone: MemoryPhone): Promise<boolean> {
  if (phone.notices.some(({ kind }) => kind === 'question')) return true;
  if (phone.unsettled > 0 || (await store.list({ states: ['held', 'queued', 'active'] })).length > 0) return false;
  return isSilent(store, transports[0]!.name);
}

const isSilent = async (store: JobStore, transport: string) => (await store.unsent(transport, 1)).length === 0;
