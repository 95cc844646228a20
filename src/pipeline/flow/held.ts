import { setTimeout as sleep } from 'node:timers/promises';
import { filter } from 'rxjs';
import { explain } from '../errors.ts';
import { type Chain, culpritOf } from '../run/compose.ts';
import { type Ending, endingOf } from '../run/ending.ts';
import { isStoreOut } from '../run/persist.ts';
import { RunState } from '../run/run-state.ts';
import type { Clean } from '../services/clean.ts';
import type { Clock, Logger } from '../services.ts';
import type { Answer, HeldRun, JobStore, Resumption, StoredQuestion } from '../store/job-store.ts';
import { wasAsked } from '../store/was-asked.ts';
import { Bell } from './bell.ts';
import type { CaughtUp } from './caught-up.ts';
import { Deadlines } from './deadlines.ts';
import { holdOf, jobOf } from './staged.ts';

const LOOK_AGAIN = 5000;
/** What comes in one burst is looked at once, after the replies to it have gone out; ms. */
const BURST = 10;

interface HeldOptions {
  readonly store: JobStore;
  /** The steps above `queue()`. */
  readonly chain: Chain;
  readonly logger: Logger;
  readonly clock: Clock;
  /** An answer sent in time while Milton was away or offline is still on its way: no deadline is over before this resolves. */
  readonly caughtUp: CaughtUp;
  /** What is shown of a message is cleaned before it is cut. */
  readonly clean: Clean;
  /** Whether a run could begin at once. */
  hasPlace(): boolean;
  readonly stop: AbortSignal;
  /** Milliseconds after which it looks by itself. */
  readonly lookAgain?: number;
}

/** Goes on with the runs that are held above `queue()` as soon as their question is answered or its time is over, until `stop`. */
export async function resumeHeld({
  store,
  chain,
  logger,
  clock,
  caughtUp,
  clean,
  hasPlace,
  stop,
  lookAgain = LOOK_AGAIN,
}: HeldOptions): Promise<void> {
  const bell = new Bell();
  const events = store.events$
    .pipe(filter(({ type }) => type === 'answer' || type === 'held'))
    .subscribe(() => bell.ring());
  const deadlines = new Deadlines({ clock, caughtUp, stop, ring: () => bell.ring() });
  try {
    while (!stop.aborted) {
      const next = await look().catch((error: unknown) => {
        logger.error(`a held request could not go on: ${explain(error)}`, { error });
        return Number.POSITIVE_INFINITY;
      });
      await bell.wait(Math.max(0, Math.min(lookAgain, next - clock.now())), stop);
      await sleep(BURST, undefined, { signal: stop }).catch(() => {});
    }
  } finally {
    events.unsubscribe();
  }

  /** Takes every held run as far as it goes now; returns when the next deadline is (ms since the epoch). */
  async function look(): Promise<number> {
    let next = Number.POSITIVE_INFINITY;
    let trouble: { readonly error: unknown } | undefined;
    const runs = (await store.held()).map((run) => ({ ...run, open: run.questions.find(isOpen) }));
    deadlines.keep(runs.flatMap(({ open }) => open?.id ?? []));
    for (const { open, ...run } of runs) {
      if (stop.aborted) break;
      const deadline = open ? deadlines.of(open) : 0;
      if (deadline > clock.now()) next = Math.min(next, deadline);
      if (open && (deadline > clock.now() || !deadlines.allHasCome(open.id, run.message.transport))) continue;
      try {
        // Its answer rings the bell.
        if (open) await store.expire(open.id);
        else await goOn(run);
      } catch (error) {
        trouble ??= { error };
      }
    }
    if (trouble) throw trouble.error;
    return next;
  }

  /** Runs the steps again from the top with the answers; throws while the store is out. */
  async function goOn({ id, message, seen, questions }: HeldRun): Promise<void> {
    const answers = new Map<string, Answer>();
    for (const { key, answer } of questions) if (answer) answers.set(key, answer);
    const state = new RunState({ id, message, store, seen, answers });
    const error = await chain(state).then(
      () => undefined,
      (thrown: unknown) => thrown ?? new Error('a step threw nothing'),
    );
    if (error !== undefined && !state.asked) complain(state, error);
    const { text } = state.message;
    const common = {
      run: id,
      seen: state.seen.filter((key) => !seen.includes(key)),
      ...(text === message.text ? {} : { text }),
    };
    try {
      await commit({ ...common, ...(await leftBy(state, error)) });
    } catch (trouble) {
      complain(state, trouble);
      await commit({ run: id, seen: [], ...nothing, ending: failed(state, trouble) });
    }
  }

  async function commit(resumption: Resumption): Promise<void> {
    const outcome = await store.resume(resumption);
    const what = 'job' in resumption ? 'queued' : 'hold' in resumption ? 'held again' : resumption.ending.outcome;
    if (outcome === 'resumed') logger.info(`held run ${what}`, { run: resumption.run });
    // Over: it was cancelled meanwhile.
    else logger.info(`held run not ${what}: ${outcome}`, { run: resumption.run });
    // Another run has marked one of its keys; the steps run once more, and see that.
    if (outcome === 'duplicate') bell.ring();
  }

  function complain(state: RunState, error: unknown): void {
    if (isStoreOut(error)) throw error;
    logger.error(explain(error), { run: state.id, step: culpritOf(error), error });
  }

  async function leftBy(state: RunState, error: unknown): Promise<Left> {
    if (state.asked) return { ...nothing, hold: holdOf(state, state.asked, clean) };
    if (error !== undefined) {
      return { ...nothing, ending: state.conclusion ? endingOf(state, error) : failed(state, error) };
    }
    if (state.ignored) return { ...nothing, ending: ignored(state) };
    const [effects, notices] = [state.effects, state.takeNotices()];
    if (state.queued && !state.conclusion) return { effects, notices, job: jobOf(state, hasPlace, clean) };
    return {
      effects,
      notices,
      ending: state.conclusion ? endingOf(state, undefined) : over(state, await wasAsked(store, state.id)),
    };
  }
}

const isOpen = ({ answer }: StoredQuestion) => answer === undefined;

type Left = Resumption extends infer Each
  ? Each extends Resumption
    ? Omit<Each, 'run' | 'seen' | 'text'>
    : never
  : never;

const nothing = { effects: [], notices: [] };

function failed({ id }: RunState, error: unknown): Ending {
  const body = `${explain(error)} Nothing was run. Send it again.`;
  return { outcome: 'failed', notice: { title: `❌ [${id}] not run`, body, kind: 'final', priority: 4 } };
}

/** It passed before it was held, and does no longer: the key that it is signed with was replaced meanwhile, for one. */
function ignored({ id }: RunState): Ending {
  const body = 'It is no longer accepted as it was when it came. Send it again.';
  return { outcome: 'failed', notice: { title: `❌ [${id}] not run`, body, kind: 'final', priority: 4 } };
}

function over({ id, effects }: RunState, asked: boolean) {
  const title = effects.length > 0 ? `✅ [${id}] carried out` : `✅ [${id}] over, nothing was queued`;
  const body = asked ? {} : { body: 'The question about it could not be sent in time.' };
  return { outcome: 'done', notice: { title, ...body, kind: 'final' }, unlessSaid: true } as const;
}
