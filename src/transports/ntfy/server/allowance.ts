import type { NoticeKind } from '../../../pipeline/message.ts';
import type { NtfyOptions } from '../options.ts';
import { DayCount, type DayState } from './day-count.ts';
import {
  BANDWIDTH_USED_UP,
  DAY_USED_UP,
  TOO_MANY_NEW_TOPICS,
  TOO_MANY_SUBSCRIPTIONS,
  TOO_MANY_TOPICS,
} from './error-codes.ts';
import { NtfyFailure } from './failure.ts';

/** Whether a notice may be sent: now, after `ms`, or not at all; `scarce` and `why` (the end of a sentence) say what is short. */
export type Verdict =
  | { readonly do: 'go' }
  | ({ readonly do: 'wait'; readonly ms: number } & Shortage)
  | ({ readonly do: 'leave out' } & Shortage);

interface Shortage {
  readonly scarce: 'run' | 'server' | 'day' | 'bucket';
  readonly why: string;
}

export type Limits = Pick<NtfyOptions, 'dailyMessages' | 'burst' | 'refill' | 'progressInterval' | 'progressLimit'>;

type Kind = NoticeKind | 'canary';

/**
 * The share of the bucket and of the day that a kind leaves to those below it. A request takes four messages that matter
 * (acknowledged, researched, started, result), and up to seven where its answer comes in parts. So with the last 30 % of ntfy.sh's
 * day 10 to 18 more requests are told of in full, and with the last 10 % the results of about 25, which are one message each then.
 * A canary is the first to go, since a silent connection is noticed without it.
 */
const RESERVE: Readonly<Record<Kind, number>> = {
  canary: 0.5,
  progress: 0.3,
  milestone: 0.1,
  reply: 0.1,
  question: 0,
  final: 0,
};

/** What requests are for. Looking into the cache is how messages come where connections fail, so that one must not crowd out the other. */
type Use = 'notice' | 'connection' | 'cache' | 'file';
/** What listening leaves to notices, so that none but progress waits behind connections that fail; one of a kind in so many ms must be. */
const LISTENING = { reserve: 0.2, every: 30_000 };

const DAY = 86_400_000;
/** A server's clock may be behind, and everybody's messages wait for the same midnight. */
const AFTER_MIDNIGHT = { least: 30_000, most: 90_000 };
/** So soon after midnight "no more today" may still mean yesterday. */
const EARLY = { until: 1_800_000, wait: 600_000 };
const PAUSE = { first: 30_000, most: 900_000 };
/** Limits that say nothing of other requests. */
const OF_ONE_KIND = new Set([TOO_MANY_SUBSCRIPTIONS, TOO_MANY_TOPICS, BANDWIDTH_USED_UP, TOO_MANY_NEW_TOPICS]);
const RUNS_REMEMBERED = 1000;

/**
 * Keeps Milton within what a server allows an address, so that it is never banned and the messages of a day last for what matters.
 * Every request is told to it, and every notice asks before.
 */
export class Allowance {
  readonly #limits: Limits;
  readonly #clock: () => number;
  readonly #random: () => number;
  /** Milliseconds that passed, by a clock that may be set back but then stands still here. */
  #elapsed = 0;
  #read: number;
  #tokens: number;
  #filledAt = 0;
  #pausedUntil = 0;
  #pauses = 0;
  readonly #listenedAt = new Map<Use, number>();
  #day = '';
  readonly #sent = new DayCount();
  /** The server itself has said that the day is used up; ms of `#elapsed`. */
  #closedUntil = 0;
  readonly #progress = new Map<string, { count: number; at: number }>();

  /** `clock` in ms since the epoch; `random` from 0 to 1. */
  constructor(limits: Limits, clock: () => number, random: () => number = Math.random) {
    this.#limits = limits;
    this.#clock = clock;
    this.#random = random;
    this.#read = clock();
    this.#tokens = limits.burst;
    this.#tick();
  }

  /** The day, and how many messages were sent. */
  get today(): DayState {
    this.#tick();
    return { day: this.#day, sent: this.#sent.of(this.#day) };
  }

  /** What is to be kept over a restart. */
  get state(): readonly DayState[] {
    return this.#sent.states;
  }

  /** Adds what an earlier Milton sent. */
  restore(state: readonly DayState[]): void {
    for (const { day, sent } of state) this.#sent.add(day, sent);
  }

  /** Milliseconds until the server may be asked anything again after it said "too many requests"; 0 = now. */
  get pause(): number {
    this.#tick();
    return Math.max(0, this.#pausedUntil - this.#elapsed);
  }

  /** Whether the server itself has taken its last message of the day. */
  get closed(): boolean {
    this.#tick();
    return this.#elapsed < this.#closedUntil;
  }

  /** Whether so little of the day is left that it is for results and questions alone. */
  get scarce(): boolean {
    this.#tick();
    return this.#ofDay('reply') !== undefined;
  }

  /**
   * Before every request; throws NtfyFailure while the server's "too many requests" holds, and for all but notices also while little
   * is left, but for one now and then.
   */
  spend(use: Use = 'notice'): void {
    const { pause } = this;
    if (pause > 0) {
      const seconds = Math.ceil(pause / 1000);
      throw new NtfyFailure(`the server limits Milton, which asks again in ${seconds} s`, {
        pace: 'limited',
        retryAfter: pause,
      });
    }
    if (use !== 'notice') this.#listen(use);
    this.#tokens--;
  }

  /** After every request; `failure` unless it was granted. Only to a notice can be said that the messages of the day are used up. */
  answered(failure?: NtfyFailure, use: Use = 'notice'): void {
    if (failure?.unheard) this.#tokens++;
    if (failure?.pace !== 'limited') {
      if (!failure) this.#pauses = 0;
      return;
    }
    if (failure.code === DAY_USED_UP && use === 'notice') this.#close();
    else if (!OF_ONE_KIND.has(failure.code ?? 0)) this.#hold(failure.retryAfter ?? 0);
  }

  /** Whether a notice of this kind may be sent now; asking costs nothing. */
  verdict(kind: Kind, run: string): Verdict {
    this.#tick();
    return this.#ofProgress(kind, run) ?? this.#ofPause(kind) ?? this.#ofDay(kind) ?? this.#ofBucket(kind) ?? GO;
  }

  /** A message was taken by the server. */
  sent(kind: Kind, run: string): void {
    this.#tick();
    this.#sent.add(this.#day, 1);
    if (kind === 'final') this.#progress.delete(run);
    if (kind !== 'progress') return;
    const count = (this.#progress.get(run)?.count ?? 0) + 1;
    this.#progress.delete(run);
    this.#progress.set(run, { count, at: this.#elapsed });
    const [oldest] = this.#progress.keys();
    if (this.#progress.size > RUNS_REMEMBERED && oldest !== undefined) this.#progress.delete(oldest);
  }

  #listen(use: Use): void {
    const { burst, refill } = this.#limits;
    const missing = 1 + Math.floor(LISTENING.reserve * burst) - this.#tokens;
    const last = this.#listenedAt.get(use) ?? Number.NEGATIVE_INFINITY;
    const retryAfter = Math.ceil(Math.min(missing * refill, last + LISTENING.every - this.#elapsed));
    if (retryAfter > 0) throw new NtfyFailure('Milton has asked this server for much', { retryAfter });
    this.#listenedAt.set(use, this.#elapsed);
  }

  #ofProgress(kind: Kind, run: string): Verdict | undefined {
    if (kind !== 'progress') return undefined;
    const { progressInterval, progressLimit } = this.#limits;
    const { count, at } = this.#progress.get(run) ?? { count: 0, at: Number.NEGATIVE_INFINITY };
    const short = (why: string) => ({ scarce: 'run', why }) as const;
    if (count >= progressLimit) return { do: 'leave out', ...short(`its run has sent ${count} of them`) };
    const ms = at + progressInterval - this.#elapsed;
    return ms > 0 ? { do: 'wait', ms, ...short('its run has just sent one') } : undefined;
  }

  #ofPause(kind: Kind): Verdict | undefined {
    const ms = this.#pausedUntil - this.#elapsed;
    return ms > 0 ? shortly(kind, ms, { scarce: 'server', why: 'the server asks for fewer requests' }) : undefined;
  }

  #ofDay(kind: Kind): Verdict | undefined {
    const { dailyMessages } = this.#limits;
    const closed = this.#closedUntil - this.#elapsed;
    const { sent } = this.today;
    const spare = dailyMessages - sent - 1;
    if (closed <= 0 && spare >= Math.floor(RESERVE[kind] * dailyMessages)) return undefined;
    const why = closed > 0 ? 'the server takes no more today' : `${sent} of ${dailyMessages} of today are sent`;
    if (RESERVE[kind] > 0) return { do: 'leave out', scarce: 'day', why };
    return { do: 'wait', ms: closed > 0 ? closed : this.#untilMidnight(), scarce: 'day', why };
  }

  #ofBucket(kind: Kind): Verdict | undefined {
    const { burst, refill } = this.#limits;
    const missing = 1 + Math.floor(RESERVE[kind] * burst) - this.#tokens;
    if (missing <= 0) return undefined;
    return shortly(kind, Math.ceil(missing * refill), { scarce: 'bucket', why: 'there were many requests just now' });
  }

  #hold(retryAfter: number): void {
    this.#tick();
    // Requests that were on their way together are refused together.
    if (this.#elapsed < this.#pausedUntil) return;
    const grown = Math.min(PAUSE.first * 2 ** Math.min(this.#pauses++, 10), PAUSE.most);
    this.#pausedUntil = this.#elapsed + Math.max(grown * (1 + this.#random() / 2), retryAfter);
    this.#tokens = 0;
  }

  #close(): void {
    this.#tick();
    const early = this.#clock() % DAY < EARLY.until;
    this.#closedUntil = this.#elapsed + (early ? EARLY.wait : this.#untilMidnight());
  }

  #untilMidnight(): number {
    const { least, most } = AFTER_MIDNIGHT;
    return DAY - (this.#clock() % DAY) + least + Math.round(this.#random() * (most - least));
  }

  /** Takes note of the time. */
  #tick(): void {
    const now = this.#clock();
    this.#elapsed += Math.max(0, now - this.#read);
    this.#read = now;
    const { burst, refill } = this.#limits;
    this.#tokens = Math.min(burst, this.#tokens + (this.#elapsed - this.#filledAt) / refill);
    this.#filledAt = this.#elapsed;
    this.#day = new Date(now).toISOString().slice(0, 10);
  }
}

const GO: Verdict = { do: 'go' };

/** What is only of the moment is left out, the rest waits for a while. */
const shortly = (kind: Kind, ms: number, short: Shortage): Verdict =>
  kind === 'canary' || kind === 'progress' ? { do: 'leave out', ...short } : { do: 'wait', ms, ...short };
