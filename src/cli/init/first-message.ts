import { setTimeout as sleep } from 'node:timers/promises';
import { first, fromEvent, lastValueFrom, merge, takeUntil } from 'rxjs';
import { recordAgentFolders } from '../../../config/agent-folders.ts';
import type { Message } from '../../pipeline/message.ts';
import type { InlineHandler } from '../../pipeline/plugin.ts';
import { liveRedactor } from '../../pipeline/services/keys/live-redactor.ts';
import { createLogger } from '../../pipeline/services/logger.ts';
import { Clock } from '../../pipeline/services.ts';
import { assemble } from '../../pipeline/setup/assemble.ts';
import type { JobView } from '../../pipeline/store/job-store.ts';
import type { Transport } from '../../pipeline/transport.ts';
import { diagnose } from '../../plugins/authorise/diagnose.ts';
import { command, proof } from '../../plugins/slots.ts';
import { safe, short, type Terminal } from '../command-line/terminal.ts';
import { page } from '../installation/package-root.ts';
import type { Prepared } from '../installation/prepare.ts';
import { builtIn } from '../installation/services.ts';

/** What to say first: it changes nothing. */
const EXAMPLE = 'RESEARCH: what does this repository do?';

/** How often the answer of a request is looked for, in ms. */
const LOOK = 100;
interface Waiting {
  readonly terminal: Terminal;
  /** Aborts when the person no longer wants to wait. */
  readonly signal: AbortSignal;
  /** Whether messages are signed, so that it can be told what is wrong with one. */
  readonly signed: boolean;
}

/**
 * Runs Milton until it has answered a first message, as `milton start` would run it: the message is recorded, worked on, and
 * answered on the phone. Resolves to whether one was answered.
 */
export async function firstMessage(prepared: Prepared, { terminal, signal, signed }: Waiting): Promise<boolean> {
  const { environment, folders, keys } = prepared;
  const config = prepared.config!;
  await using logger = await createLogger({
    ...{ level: 'warn', redact: liveRedactor(environment.secrets, keys), folder: folders.logs },
    colour: process.stderr.hasColors?.() ?? false,
  });
  const heard = new Set<string>();
  const tell: InlineHandler = async (run, next) => {
    const { message } = run;
    terminal.talk(`📱 "${short(message.text, 60)}"`);
    await next();
    if (run.get(proof) !== undefined) heard.add(run.id);
    else for (const line of whyNot(message)) terminal.talk(`   ${safe(line)}`);
    if (run.get(command) !== undefined) terminal.talk(`   Milton answers it. Now send a request: ${EXAMPLE}`);
  };
  const whyNot = (message: Message) =>
    signed
      ? diagnose(message, keys.current().signing, milton.get(Clock).now()).lines
      : [`Milton does not take it: see "Who may start work" in ${page('security.md')}.`];
  // From here on, agents decide what is in these folders.
  recordAgentFolders(
    prepared.repositories.map(({ path }) => path),
    folders.state,
  );
  const milton = await assemble({ ...config, pipeline: [tell, ...config.pipeline] }, builtIn(prepared, logger));
  const running = milton.start();
  try {
    // What is sent before a topic was ever listened to is not looked for.
    await connected(milton.transports, signal);
    terminal.talk(`\nMilton listens. Send something from the phone, for example: ${EXAMPLE}`);
    terminal.talk('Ctrl-C ends the waiting, and loses nothing.');
    const shown = new Set<string>();
    for (;;) {
      for (const id of heard) {
        const job = await milton.store.get(id);
        if (job && tellNotices(job, shown, terminal)) return true;
      }
      await sleep(LOOK, undefined, { signal });
    }
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  } finally {
    await running.stop();
    await milton.close();
  }
}

/** Shows what was sent to the phone since; returns whether it was the last of it. */
function tellNotices({ notices, finishedAt }: JobView, shown: Set<string>, terminal: Terminal): boolean {
  for (const { key, notice, sent } of notices) {
    if (!sent || shown.has(key)) continue;
    shown.add(key);
    terminal.talk(`   ${safe(notice.title)}`);
  }
  return finishedAt !== undefined && notices.every(({ sent }) => sent);
}

/** Resolves when every transport hears; rejects when the person waits no longer. */
async function connected(transports: readonly Transport[], signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const hears$ = transports.map(({ health$ }) => health$.pipe(first(({ state }) => state === 'connected')));
  await lastValueFrom(merge(...hears$).pipe(takeUntil(fromEvent(signal, 'abort'))), { defaultValue: undefined });
  signal.throwIfAborted();
}
