import { z } from 'zod';
import { MiltonError } from '../../pipeline/errors.ts';
import { Transports } from '../../pipeline/exposure.ts';
import { definePlugin } from '../../pipeline/plugin.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Keys } from '../../pipeline/services/keys/keys.ts';
import { readReply } from '../../pipeline/services/keys/reply-proof.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Environment } from '../../pipeline/services.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import type { Transport } from '../../pipeline/transport.ts';
import { proof } from '../slots.ts';
import type { Admission, AuthoriseRun, Judge, Mode } from './admission.ts';
import { byButton } from './by-button.ts';
import { byCode } from './by-code.ts';
import { machine } from './by-machine.ts';
import { byServer } from './by-server.ts';
import { bySignature } from './by-signature.ts';
import { checkMode, usualMode } from './check-mode.ts';
import { Codes } from './codes.ts';
import { WINDOW } from './freshness.ts';
import { Rate } from './rate.ts';
import { type Refusal, Refusals } from './refusals.ts';
import { readSignature } from './signature.ts';

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
    mode: z
      .enum(['signed', 'totp', 'acl', 'pairing', 'open'])
      .optional()
      .describe(
        'see below; unset: `signed` where strangers can reach the transport, and on a server of this machine once there is a key; `open` elsewhere',
      ),
    perMinute: z
      .int()
      .positive()
      .default(20)
      .describe(
        'how many messages are taken within a minute where strangers can reach the transport; of more you are told, and they are not carried out',
      ),
  }),
  provides: [proof],
  async setup({ options, get, logger, onClose }) {
    const [clock, transports] = [get(Clock), get(Transports)];
    const store = () => get(JobStore);
    const unsigned = [true, 1, '1', 'true'].includes(get(Environment).get('MILTON_ALLOW_UNSIGNED')?.value as never);
    const judge: Judge = {
      ...{ keys: get(Keys), clock, codes: new Codes(), window: WINDOW, store },
      clean: cleaner(get(Redact)),
    };
    const guards = new Map<string, Guard>();
    for (const { name, exposure, strangers } of transports) {
      const usual = usualMode(exposure, unsigned, judge.keys);
      const parts = { store, clock, logger };
      const guard: Guard = {
        ...{ name, exposure, mode: options.mode ?? usual },
        ...(strangers ? { strangers } : {}),
        ...(exposure === 'public' ? { rate: new Rate(options.perMinute, MINUTE) } : {}),
        byMachine: machine(judge),
        refusals: new Refusals(name, { ...parts, every: HOUR, name: 'refused' }),
        floods: new Refusals(name, { ...parts, every: MINUTE, name: 'flood' }),
      };
      await checkMode(guard, { unsigned, keys: judge.keys, logger });
      onClose(async () => {
        guard.refusals.close();
        // Those were its person's own.
        await guard.floods.tell();
      });
      guards.set(name, guard);
    }

    return async function authorise(run, next) {
      const guard = guards.get(run.message.transport);
      if (!guard) throw new MiltonError('TRANSPORT_UNKNOWN', `No transport is called "${run.message.transport}".`);
      const admission = await judgement(run, guard);
      if (admission === 'again') return run.ignore();
      if ('refused' in admission) {
        await guard.refusals.add(run.message, admission.refused);
        // Else it is stored that it came: read again from the server's cache it must not be run after all.
        return TRACELESS.has(admission.refused) ? run.ignore() : undefined;
      }
      if ('told' in admission) return run.notify(admission.told);
      if ('ended' in admission) {
        const title = `🛑 [${run.id}] not run: ${admission.ended === 'cancelled' ? 'denied' : 'nobody approved it'}`;
        return run.conclude({ outcome: admission.ended, notice: { title } });
      }
      const counted = `counted:${run.message.id}`;
      if (guard.rate && !run.marked(counted)) {
        // By when it was sent: what has waited for a Milton that was away was no flood.
        const sent = Math.min(clock.now(), Date.parse(run.message.at) || clock.now());
        if (!guard.rate.take(sent)) return guard.floods.add(run.message, 'flood', judge.clean(admission.text));
        await run.first(counted);
      }
      if (admission.text !== run.message.text) run.rewrite(admission.text);
      run.set(proof, admission.proof);
      await next();
    };

    async function judgement(run: AuthoriseRun, guard: Guard): Promise<Admission> {
      const { mode } = guard;
      if (mode === 'open') return { proof: 'none', text: unproven(run.message.text) };
      try {
        const proven = (await byButton(run, judge)) ?? (await bySignature(run, judge));
        if (proven) return proven;
        const typed = mode === 'totp' ? await byCode(run, judge) : undefined;
        if (typed) return typed;
      } catch (error) {
        if (!(error instanceof MiltonError) || !error.code.startsWith('KEYS_')) throw error;
        logger.error(error.message, { error });
        return { refused: 'keys' };
      }
      if (run.message.text === '' && run.message.unread) return { refused: 'gone' };
      if (mode === 'acl') return byServer(run, guard);
      return mode === 'pairing' ? guard.byMachine(run) : { refused: 'unsigned' };
    }
  },
});

interface Guard extends Pick<Transport, 'name' | 'exposure' | 'strangers'> {
  readonly mode: Mode;
  readonly rate?: Rate;
  readonly byMachine: (run: AuthoriseRun) => Promise<Admission>;
  readonly refusals: Refusals;
  readonly floods: Refusals;
}

/** What everybody can send as often as they like, and what can be mended so that it counts when it is read again. */
const TRACELESS: ReadonlySet<Refusal> = new Set<Refusal>(['unsigned', 'forged', 'no key', 'keys', 'gone']);

/** A message without what it bears as a proof. */
const unproven = (text: string) => readReply(text, [])?.text ?? readSignature(text)?.text ?? text;
