import { MiltonError } from '../../pipeline/errors.ts';
import { readKeys } from '../../pipeline/services/keys/key-file.ts';
import { effectiveOptions } from '../../pipeline/setup/effective.ts';
import { safe, type Terminal } from '../command-line/terminal.ts';
import { page } from '../installation/package-root.ts';
import type { Prepared } from '../installation/prepare.ts';
import { showTotp } from '../keys/make.ts';
import { type Address, addresses, showAnswers, showKey, showRequests } from '../keys/show.ts';
import type { Questions } from './questions.ts';
import { places } from './set-up.ts';
import { SHORTCUT_STEPS } from './shortcut-steps.ts';

/** What the phone is set up with. */
export interface PhoneSetUp extends Address {
  /** Whether requests are typed with a one-time code. */
  readonly codes: boolean;
  /** Whether they are spoken to the Shortcut, which signs them. */
  readonly shortcut: boolean;
}

/** Shows what to scan and what to do on the phone, one thing after the other. */
export async function showPhone(
  { codes, shortcut, ...address }: PhoneSetUp,
  terminal: Terminal,
  ask: Questions,
): Promise<void> {
  const keys = readKeys(places().keys);
  terminal.talk(
    '\nOn the phone, install the ntfy app. What follows is scanned with the camera, and copied from there.\n',
  );
  showAnswers(address, terminal);
  await ask.pause('Is the ntfy app subscribed to it?');
  showRequests(address, terminal);
  if (shortcut && keys?.signing[0]) {
    await ask.pause('The Shortcut needs this name. Have you copied it?');
    showKey(keys.signing[0].secret, terminal);
    terminal.talk(
      `The Shortcut, in the Shortcuts app, under the name Milton (${page('shortcut.md')} shows each action):`,
    );
    for (const [index, step] of SHORTCUT_STEPS.entries()) {
      terminal.talk(`  ${String(index + 1).padStart(2)}. ${step(`${safe(address.server)}/`, safe(address.ask))}`);
    }
  }
  if (codes && keys?.totp) {
    await ask.pause('Go on with the one-time codes?');
    showTotp(keys.totp, terminal);
    terminal.talk('Write into the topic for requests, with the six digits first: 123456 CODE: add a login page');
  }
  if (!codes && !shortcut) terminal.talk('Write into the topic for requests: CODE: add a login page');
  await ask.pause('Is the phone ready? Milton listens from now on.');
}

/** What the configuration says of the way to the phone. @throws MiltonError NO_TRANSPORT */
export function phoneOf(prepared: Prepared): PhoneSetUp {
  const [address] = addresses(prepared);
  if (!address)
    throw new MiltonError('NO_TRANSPORT', 'The configuration has no ntfy(), so no phone can reach this Milton.', {
      hint: 'Add ntfy() to transports.',
    });
  const mode = effectiveOptions(prepared.config!, prepared.environment.environment).find(
    ({ part, option }) => part === 'authorise' && option === 'mode',
  )?.value;
  return { ...address, codes: mode === 'totp', shortcut: mode === undefined || mode === 'signed' || mode === 'totp' };
}
