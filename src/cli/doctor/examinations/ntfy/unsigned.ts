import { exposureOf } from '../../../../pipeline/exposure.ts';
import { keyFile } from '../../../../pipeline/services/keys/key-file.ts';
import { INVALID } from '../../../command-line/exit-codes.ts';
import { makeKey } from '../../../keys/make.ts';
import { at, type Finding } from '../../examination.ts';
import type { Server } from './server.ts';

const { warning, failure } = at('ntfy');
const WHY = 'Requests run programs on this machine, and nothing shows whose they are.';

/** Strangers may write requests, which are run without a proof. */
export function unsigned({ options, patient: { prepared } }: Server, mode: 'open' | 'acl'): Finding {
  const what = 'Whoever knows the name of the topic can start work on this machine';
  if (prepared.environment.values.MILTON_ALLOW_UNSIGNED === true) {
    const repair = 'Take MILTON_ALLOW_UNSIGNED out of .env, and run: milton keys new';
    return warning('strangers-write', `${what}, as MILTON_ALLOW_UNSIGNED says`, { why: WHY, repair });
  }
  if (exposureOf(options.baseUrl) === 'loopback') {
    return warning('strangers-write', `${what}, which is everybody who can reach this server`, {
      why: 'It is on this machine. Where a proxy or a tunnel leads to it, strangers reach it as well.',
      ...mending(prepared, mode),
    });
  }
  return failure('strangers-write', what, { why: WHY, exit: INVALID, ...mending(prepared, mode) });
}

function mending(
  { config, keys }: Server['patient']['prepared'],
  mode: 'open' | 'acl',
): Pick<Finding, 'repair' | 'fix'> {
  const guard = config?.pipeline.find((entry) => typeof entry === 'object' && entry.plugin?.authorises === true);
  if (typeof guard !== 'object')
    return { repair: 'Put authorise() above queue() in milton.config.ts, and run: milton keys new' };
  if ('mode' in guard.input) return { repair: `Take mode: '${mode}' out of authorise(), and run: milton keys new` };
  if (keys.current().signing.length > 0) return { repair: 'Start Milton again, so that the key counts' };
  return {
    repair: 'Run: milton keys new, then milton keys qr',
    fix() {
      makeKey(keyFile());
      return 'A key was made: messages must be signed now. Put it on the phone: milton keys qr';
    },
  };
}
