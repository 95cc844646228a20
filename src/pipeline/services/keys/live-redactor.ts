import { createRedactor, type Redact } from '../redact.ts';
import type { KeySet, Keys } from './keys.ts';

/** A redactor that knows these secrets and the keys of the moment, and of those that were replaced meanwhile. */
export function liveRedactor(secrets: readonly string[], keys: Keys): Redact {
  const known = new Set(secrets);
  let seen: KeySet | undefined;
  let redact = createRedactor(known);
  return (text) => {
    const now = keysOrNone(keys);
    if (now !== undefined && now !== seen) {
      seen = now;
      for (const each of [...now.signing, ...(now.replies ?? []), now.totp]) if (each !== undefined) known.add(each);
      redact = createRedactor(known);
    }
    return redact(text);
  };
}

/** A key file that cannot be read must not keep anything from being logged. */
function keysOrNone(keys: Keys): KeySet | undefined {
  try {
    return keys.current();
  } catch {
    return undefined;
  }
}
