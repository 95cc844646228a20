import { randomBytes } from 'node:crypto';
import { keyFile, newSecret, readKeys, type StoredKeys, writeKeys } from '../../pipeline/services/keys/key-file.ts';
import { toBase32 } from '../../plugins/authorise/totp.ts';
import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import type { Terminal } from '../command-line/terminal.ts';
import { qrLines } from './qr.ts';

/** Of an authenticator app's secret: what RFC 4226 recommends. */
const TOTP_BYTES = 20;

/** What there is before the first key. */
export const NO_STORED_KEYS: StoredKeys = { v: 1, signing: [], replies: [] };

/** Puts a new key in front; the one that was newest until now counts beside it. */
export function withNewKey(keys: StoredKeys): StoredKeys {
  const made = { secret: newSecret(), made: new Date().toISOString() };
  const replies = [newSecret(), ...keys.replies.slice(0, 1)];
  return { ...keys, signing: [made, ...keys.signing.slice(0, 1)], replies };
}

/** Puts a new secret of one-time codes in the place of the one before. */
export const withNewTotp = (keys: StoredKeys): StoredKeys => ({
  ...keys,
  totp: toBase32(randomBytes(TOTP_BYTES)),
  replies: keys.replies.length > 0 ? keys.replies : [newSecret()],
});

/** Shows the secret of one-time codes for an authenticator app. */
export function showTotp(totp: string, terminal: Terminal): void {
  terminal.talk('Scan this with an authenticator app, and keep it to yourself:');
  for (const line of qrLines(`otpauth://totp/Milton?secret=${totp}&issuer=Milton`, terminal)) terminal.print(line);
}

/** Makes the first key of a file. @throws MiltonError USAGE where there is one. */
export function makeKey(path: string): void {
  const keys = readKeys(path) ?? NO_STORED_KEYS;
  if (keys.signing.length > 0) throw usageError('There is a key already.', 'Replace it: milton keys rotate');
  writeKeys(path, withNewKey(keys));
}

/** `milton keys new`: makes the first key. */
export const makeFirst: Run = async ({ terminal }) => {
  const path = keyFile();
  makeKey(path);
  terminal.talk(`A key was made: ${path}, which only you can read.`);
  terminal.talk('Put it on the phone: milton keys qr. Then try it: milton keys test');
  return 0;
};

/** `milton keys rotate`: makes a new key; the last one counts until the next rotation. */
export const rotate: Run = async ({ terminal }) => {
  const path = keyFile();
  const keys = readKeys(path) ?? NO_STORED_KEYS;
  if (keys.signing.length === 0) throw usageError('There is no key yet.', 'Make one: milton keys new');
  writeKeys(path, withNewKey(keys));
  terminal.talk('A new key was made, and counts from now on, also for a Milton that is running.');
  terminal.talk(
    'The last one still counts, so that nothing is lost while you put the new one on the phone: milton keys qr',
  );
  terminal.talk('Should the last one be known to somebody, run "milton keys rotate" once more: then it is gone.');
  return 0;
};

/** `milton keys totp`: makes the secret of one-time codes, once, and shows it for an authenticator app. */
export const makeTotp: Run = async ({ flags, terminal }) => {
  const path = keyFile();
  const keys = readKeys(path) ?? NO_STORED_KEYS;
  const { totp = '', ...rest } = !flags.new && keys.totp !== undefined ? keys : withNewTotp(keys);
  if (totp !== keys.totp) writeKeys(path, { ...rest, totp });
  showTotp(totp, terminal);
  terminal.talk("Then set authorise({ mode: 'totp' }) and send, for example: 123456 CODE: add a login page");
  return 0;
};
