import type { NtfyOptions } from '../../../../transports/ntfy/options.ts';
import { NtfyFailure } from '../../../../transports/ntfy/server/failure.ts';
import { isDenial, surely } from '../../../../transports/ntfy/server/rights.ts';
import type { Patient } from '../../patient.ts';

/** A configured ntfy server that answers. */
export interface Server {
  readonly options: NtfyOptions;
  readonly patient: Patient;
  readonly signal: AbortSignal;
}

/** What the server says to an act: `no` = it has no right to it, or is not let in; else why that is not known. */
export type Answer = { readonly is: 'yes' } | { readonly is: 'no' | 'unknown'; readonly failure: NtfyFailure };

/** Has the server say whether it lets somebody do something. */
export async function asked(act: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<Answer> {
  try {
    await surely(() => act(signal));
    return { is: 'yes' };
  } catch (error) {
    if (signal.aborted) return { is: 'unknown', failure: new NtfyFailure('there was no answer in time') };
    return { is: isDenial(error) ? 'no' : 'unknown', failure: error as NtfyFailure };
  }
}
