import type { NoticeKind } from '../../../pipeline/message.ts';
import type { Logger } from '../../../pipeline/services.ts';
import type { KeyedNotice } from '../../../pipeline/store/job-store.ts';
import { type Address, type Transport, TransportError } from '../../../pipeline/transport.ts';
import type { NtfyOptions } from '../options.ts';
import type { Allowance, Verdict } from '../server/allowance.ts';
import type { Api } from '../server/api.ts';
import { BANDWIDTH_USED_UP, FILE_TOO_LARGE, NO_FILES } from '../server/error-codes.ts';
import { NtfyFailure } from '../server/failure.ts';
import type { KeptBudget } from '../server/kept-budget.ts';
import type { buttonMaker } from './buttons.ts';
import { LongTexts } from './long-texts.ts';
import { NoticeForms, type NoticeRequest } from './notice-request.ts';
import { publish } from './publish.ts';

interface PublisherParts {
  readonly api: Api;
  readonly options: NtfyOptions;
  readonly allowance: Allowance;
  readonly budget: KeptBudget;
  /** Whether strangers may read what is sent. */
  readonly overheard: () => Promise<boolean>;
  /** Writes the buttons of a notice. */
  readonly buttons: ReturnType<typeof buttonMaker>;
  /** Queues something that belongs to no run. */
  announce(notice: KeyedNotice): void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** What must arrive, if need be in another form than it was meant. */
const ESSENTIAL: ReadonlySet<NoticeKind> = new Set<NoticeKind>(['final', 'question', 'reply']);
/** How long a server keeps files: then there is room for new ones. */
const FILES_KEPT = 3 * 3_600_000;
/** A server whose disk for files is full, or a proxy that drops large requests, fails at files alone. */
const FILE_TRIES = 2;

/** Sends notices to the phone within the allowance: a long text as a file or in parts, a refused one in its plainest form. */
export function publisher({
  api,
  options,
  allowance,
  budget,
  overheard,
  buttons,
  announce,
  now,
  logger,
}: PublisherParts): Transport['send'] {
  const { answerTopic: topic, attachments } = options;
  let noFilesUntil = 0;
  const longTexts = new LongTexts();
  let told = '';

  return async (notice, address, signal) => {
    await budget.load();
    const forms = new NoticeForms(notice, address, options, await buttons(notice.actions ?? []));
    const { kind } = forms;
    const post = (request: NoticeRequest) => postOne(request, kind, address, signal);
    try {
      if (forms.long && ESSENTIAL.has(kind)) await postLong(forms, address, post);
      else await post(forms.whole());
    } catch (error) {
      if (!isRefusal(error) || !ESSENTIAL.has(kind)) throw error;
      logger.warn(`a notice goes out in its plainest form: ${error.message}`, address);
      await post(forms.plainest());
    }
  };

  async function postLong(forms: NoticeForms, address: Address, post: (request: NoticeRequest) => Promise<void>) {
    const text = longTexts.of(address, forms);
    const files = attachments ?? !(await overheard());
    if (files && now() >= noFilesUntil && text.fileFailures < FILE_TRIES) {
      try {
        await post(forms.file());
        return longTexts.done(text);
      } catch (error) {
        const refused = refusesFile(error);
        if (!refused) {
          if (failureOf(error)?.choked) text.fileFailures++;
          throw error;
        }
        text.fileFailures = FILE_TRIES;
        if (refused.ms > 0) noFilesUntil = now() + refused.ms;
        logger.info(`a long text goes out in parts: ${(error as Error).message}`, address);
      }
    }
    // A day that runs low is for the results of many.
    const parts = allowance.scarce && text.partsOut === 0 ? forms.parts(1) : forms.parts();
    for (const part of parts.slice(text.partsOut)) {
      await post(part);
      text.partsOut++;
    }
    longTexts.done(text);
  }

  async function postOne(request: NoticeRequest, kind: NoticeKind, { run }: Address, signal: AbortSignal) {
    const before = allowance.verdict(kind, run);
    if (before.do !== 'go') throw refused(before, kind);
    try {
      await publish(api, { topic, ...request }, signal);
    } catch (error) {
      if (failureOf(error)?.pace !== 'limited') throw error;
      logger.warn((error as Error).message);
      const after = allowance.verdict(kind, run);
      throw after.do === 'go' ? error : refused(after, kind, error);
    }
    allowance.sent(kind, run);
    budget.changed();
  }

  function refused(verdict: Exclude<Verdict, { do: 'go' }>, kind: NoticeKind, cause?: unknown): TransportError {
    if (verdict.do === 'wait') {
      const why = `Nothing was sent to ntfy yet: ${verdict.why}.`;
      return new TransportError(why, { retryable: true, paced: true, retryAfter: verdict.ms, cause });
    }
    if (verdict.scarce === 'day' && kind !== 'progress') tellOfShortage();
    return new TransportError(`This is not sent to ntfy: ${verdict.why}.`, { retryable: false, paced: true, cause });
  }

  /** Once a day; what cannot be stored is not told. */
  function tellOfShortage(): void {
    const { day, sent } = allowance.today;
    if (told === day) return;
    told = day;
    const notice = allowance.closed
      ? // It arrives when the server takes messages again.
        {
          title: `Notices of ${day} were left out`,
          body: 'The server took no more that day: only results and questions came, later.',
        }
      : {
          title: `Milton has sent ${sent} of its ${options.dailyMessages} messages of today`,
          body: 'Until 00:00 UTC only results and questions are sent.',
        };
    announce({ key: `budget-${day}`, notice: { ...notice, kind: 'final', priority: 3 } });
  }
}

const failureOf = (error: unknown): NtfyFailure | undefined =>
  error instanceof TransportError && error.cause instanceof NtfyFailure ? error.cause : undefined;

function isRefusal(error: unknown): error is TransportError {
  const { permanent, filtered } = failureOf(error) ?? {};
  return permanent === true || filtered === true;
}

/** Whether it is the file that the server does not take, and for how many ms not to try another. */
function refusesFile(error: unknown): { ms: number } | undefined {
  const failure = failureOf(error);
  if (failure?.code === BANDWIDTH_USED_UP) return { ms: FILES_KEPT };
  if (!failure?.permanent) return failure?.filtered ? { ms: 0 } : undefined;
  // A proxy's own limit has no code; any other code is about something else, and may go in parts as it may not.
  if (failure.code === undefined || failure.code === NO_FILES) return { ms: Number.POSITIVE_INFINITY };
  return { ms: failure.code === FILE_TOO_LARGE ? FILES_KEPT : 0 };
}
