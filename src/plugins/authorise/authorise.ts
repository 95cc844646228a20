import { z } from 'zod';
import { MiltonError } from '../../pipeline/errors.ts';
import { Transports } from '../../pipeline/exposure.ts';
import { definePlugin } from '../../pipeline/plugin.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Keys } from '../../pipeline/services/keys/keys.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Environment } from '../../pipeline/services.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import { proof } from '../slots.ts';
import { type Admission, type AuthoriseRun, admit, byServer, type Mode } from './admission.ts';
import { checkMode } from './check-mode.ts';
import { Codes } from './codes.ts';
import { WINDOW } from './freshness.ts';
import { byMachine } from './pairing.ts';
import { Rate } from './rate.ts';
import { Refusals } from './refusals.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

/**
 * Decides whose messages may start work. `signed`: those that bear a signature with a key of this machine; the others are not
 * answered, only counted. `totp`: those that begin with a one-time code as well. `acl`: all, where the server lets no stranger write.
 * `pairing`: what is not signed waits for somebody at this machine. `open`: all.
 */
export const authorise = definePlugin({
  name: 'authorise',
  where: 'intake',
  authorises: true,
  options: z.strictObject({
    /** Unset: `signed` where strangers can reach the transport, `open` elsewhere. */
    mode: z.enum(['signed', 'totp', 'acl', 'pairing', 'open']).optional(),
    /** How many messages are taken within a minute where strangers can reach the transport. */
    perMinute: z.int().positive().default(20),
  }),
  provides: [proof],
  async setup({ options, get, logger, onClose }) {
    const { perMinute } = options;
    const [clock, transports] = [get(Clock), get(Transports)];
    const store = () => get(JobStore);
    const unsigned = [true, 1, '1', 'true'].includes(get(Environment).get('MILTON_ALLOW_UNSIGNED')?.value as never);
    const judge = { keys: get(Keys), clock, codes: new Codes(), window: WINDOW, clean: cleaner(get(Redact)) };

    const guards = new Map(
      transports.map((transport) => {
        const { name, exposure, strangers } = transport;
        const mode: Mode = options.mode ?? (exposure === 'public' && !unsigned ? 'signed' : 'open');
        const parts = { store, clock, logger };
        return [
          name,
          {
            ...{ name, mode, exposure },
            ...(strangers ? { strangers } : {}),
            rate: exposure === 'public' ? new Rate(perMinute) : undefined,
            refusals: new Refusals(name, { ...parts, every: HOUR, name: 'refused' }),
            floods: new Refusals(name, { ...parts, every: MINUTE, name: 'flood' }),
          },
        ] as const;
      }),
    );
    for (const guard of guards.values()) {
      await checkMode(guard, { unsigned, keys: judge.keys, logger });
      onClose(() => {
        guard.refusals.close();
        guard.floods.close();
      });
    }

    return async function authorise(run, next) {
      const guard = guards.get(run.message.transport);
      if (!guard) throw new MiltonError('TRANSPORT_UNKNOWN', `No transport is called "${run.message.transport}".`);
      const admission = (await admit(run, guard.mode, judge)) ?? (await unproven(run, guard));
      if (admission === 'again') return run.ignore();
      if ('refused' in admission) {
        await guard.refusals.add(run.message, admission.refused);
        return run.ignore();
      }
      if ('told' in admission) return run.notify(admission.told);
      if ('ended' in admission) {
        const title = `🛑 [${run.id}] not run: ${admission.ended === 'cancelled' ? 'denied' : 'nobody approved it'} on the machine`;
        return run.conclude({ outcome: admission.ended, notice: { title } });
      }
      const counted = `counted:${run.message.id}`;
      if (guard.rate && !run.marked(counted)) {
        // It is stored that it came: read again from the server's cache it must not be run after all.
        if (!guard.rate.take(clock.now())) return guard.floods.add(run.message, 'flood');
        await run.first(counted);
      }
      if (admission.text !== run.message.text) run.rewrite(admission.text);
      run.set(proof, admission.proof);
      await next();
    };

    function unproven(
      run: AuthoriseRun,
      { mode, strangers }: { mode: Mode; strangers?: Parameters<typeof byServer>[1] },
    ): Promise<Admission> {
      if (mode === 'acl') return byServer(run, strangers);
      if (mode === 'pairing') return byMachine(run, store(), judge.clean);
      return Promise.resolve({ refused: 'unsigned' });
    }
  },
});
