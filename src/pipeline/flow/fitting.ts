import { everyText } from '../every-text.ts';
import type { Notice } from '../message.ts';
import { isOverheard } from '../privacy/overheard.ts';
import type { Clean } from '../services/clean.ts';
import type { Transport } from '../transport.ts';

/** What every notice goes through before it leaves the machine. */
export interface Fitting {
  /** Takes secrets and control characters out of a text. */
  readonly clean: Clean;
  /** Lets a notice say less, for where strangers may read it. */
  reduce(notice: Notice): Notice;
}

/** A notice as it may be sent through a transport: every text in it clean, and where strangers may read it, without what is not for them. */
export async function fitted(notice: Notice, transport: Transport, { clean, reduce }: Fitting): Promise<Notice> {
  const told = everyText(notice, clean);
  return (await isOverheard(transport)) ? reduce(told) : told;
}
