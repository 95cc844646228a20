import { MiltonError } from '../../pipeline/errors.ts';
import type { Keys } from '../../pipeline/services/keys/keys.ts';
import type { Logger } from '../../pipeline/services.ts';
import type { Exposure, Transport } from '../../pipeline/transport.ts';
import type { Mode } from './admission.ts';

/** A start has more time than a message: a server that is slow then would be taken for one that does not say. In ms. */
const PATIENCE = 10_000;

interface Guard extends Pick<Transport, 'name' | 'exposure' | 'strangers'> {
  readonly mode: Mode;
}

interface Given {
  /** Whether MILTON_ALLOW_UNSIGNED accepts the risk. */
  readonly unsigned: boolean;
  readonly keys: Keys;
  readonly logger: Logger;
}

/** The mode where none is configured. A server of this machine may be within reach of others all the same; who has made a key wants it used. */
export function usualMode(exposure: Exposure, unsigned: boolean, keys: Keys): Mode {
  if (exposure === 'public') return unsigned ? 'open' : 'signed';
  return exposure === 'loopback' && keys.current().signing.length > 0 ? 'signed' : 'open';
}

/** Refuses to start in a mode that lets strangers in, or nobody. @throws MiltonError with what to do instead */
export async function checkMode(
  { name, exposure, strangers, mode }: Guard,
  { unsigned, keys, logger }: Given,
): Promise<void> {
  const { signing, totp } = keys.current();
  if (exposure !== 'public') {
    if (mode === 'signed' && signing.length === 0) throw noKey(name);
    return;
  }
  switch (mode) {
    case 'open':
      if (!unsigned) throw openToAll(name);
      logger.warn(`MILTON_ALLOW_UNSIGNED is set: anyone who knows the topic of "${name}" can start work here`);
      return;
    case 'acl':
      if (!strangers || (await strangers.mayWrite(PATIENCE)) === true) throw notClosed(name);
      return;
    case 'totp':
      if (totp === undefined) throw noCode(name);
      return;
    case 'signed':
      if (signing.length === 0) throw noKey(name);
      return;
    case 'pairing':
      return;
  }
}

const noKey = (name: string) =>
  new MiltonError('NO_KEY', `Messages through "${name}" must be signed, and there is no key yet.`, {
    hint: 'Make one: milton keys new. Then put it on the phone: milton keys qr.',
  });

const noCode = (name: string) =>
  new MiltonError('NO_KEY', `"${name}" takes one-time codes, and there is no secret for them yet.`, {
    hint: 'Make one: milton keys totp.',
  });

const openToAll = (name: string) =>
  new MiltonError(
    'UNSIGNED_ON_PUBLIC_SERVER',
    `"${name}" uses a server other people can reach, and mode "open" runs whatever anyone who knows the topic sends.`,
    {
      hint: 'Leave the mode out, so that messages must be signed (milton keys new), or accept the risk with MILTON_ALLOW_UNSIGNED=1.',
    },
  );

const notClosed = (name: string) =>
  new MiltonError(
    'UNSIGNED_ON_PUBLIC_SERVER',
    `The server of "${name}" lets strangers write to the request topic, so mode "acl" would run whatever they send.`,
    {
      hint: 'Set auth-default-access: deny-all there, with a login in NTFY_TOKEN, or leave the mode out, so that messages must be signed.',
    },
  );
