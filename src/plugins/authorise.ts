import { z } from 'zod';
import { MiltonError } from '../pipeline/errors.ts';
import { Transports } from '../pipeline/exposure.ts';
import { definePlugin } from '../pipeline/plugin.ts';
import { Environment } from '../pipeline/services.ts';

const ALLOW = 'MILTON_ALLOW_UNSIGNED';

/**
 * Decides whose messages may start work. `open` trusts every message, so Milton refuses to start with it where strangers could
 * write, unless MILTON_ALLOW_UNSIGNED=1 accepts that.
 */
export const authorise = definePlugin({
  name: 'authorise',
  where: 'intake',
  authorises: true,
  options: z.strictObject({ mode: z.enum(['open']).default('open') }),
  setup({ get, logger }) {
    const open = get(Transports).filter((transport) => transport.exposure === 'public');
    const names = open.map((transport) => `"${transport.name}"`).join(', ');
    const allowed = [true, 1, '1', 'true'].includes(get(Environment).get(ALLOW)?.value as never);
    if (open.length > 0 && !allowed) {
      throw new MiltonError(
        'UNSIGNED_ON_PUBLIC_SERVER',
        `${names} uses a server other people can reach, and mode "open" runs whatever anyone who knows the topic sends.`,
        {
          hint: `Use an ntfy server on this machine (NTFY_BASE_URL=http://127.0.0.1:…), or accept the risk with ${ALLOW}=1.`,
        },
      );
    }
    if (open.length > 0) logger.warn(`${ALLOW} is set: anyone who knows the topic of ${names} can start work here`);
    return async function authorise(_run, next) {
      await next();
    };
  },
});
