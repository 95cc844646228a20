import { describe, expect, test } from 'vitest';
import type { NoticeKind } from '../../../../src/pipeline/message.ts';
import { Backoff } from '../../../../src/transports/ntfy/listen/backoff.ts';
import { Allowance, type Limits } from '../../../../src/transports/ntfy/server/allowance.ts';
import { NtfyFailure } from '../../../../src/transports/ntfy/server/failure.ts';
import fc from '../../../support/property.ts';

const NOON = Date.UTC(2026, 10, 23, 12);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const standard: Limits = { dailyMessages: 250, burst: 50, refill: 5_500, progressInterval: MINUTE, progressLimit: 6 };
const plenty: Limits = { ...standard, dailyMessages: 1e9, burst: 1e9 };

function made(limits: Partial<Limits> = {}, start = NOON, random = 0) {
  const time = { now: start };
  const allowance = new Allowance(
    { ...standard, ...limits },
    () => time.now,
    () => random,
  );
  const verdict = (kind: NoticeKind | 'canary', run = 'r') => allowance.verdict(kind, run);
  /** Sends one notice where that may be. */
  const send = (kind: NoticeKind | 'canary', run = 'r') => {
    const answer = verdict(kind, run);
    if (answer.do === 'go') {
      allowance.spend();
      allowance.answered();
      allowance.sent(kind, run);
    }
    return answer.do;
  };
  const spend = (times: number) => {
    for (let i = 0; i < times; i++) allowance.spend();
  };
  const sent = (count: number) => {
    for (let i = 0; i < count; i++) allowance.sent('final', 'r');
  };
  return { time, allowance, verdict, send, spend, sent };
}
const limited = (code: number | undefined = 42901, retryAfter?: number) =>
  new NtfyFailure('limited', { pace: 'limited', code, retryAfter });
const kinds = ['canary', 'progress', 'milestone', 'reply', 'question', 'final'] as const;
const does = ({ verdict }: ReturnType<typeof made>) => kinds.map((kind) => verdict(kind).do);

describe('rule 25: the bucket', () => {
  test('sheds in order as it runs low, and what matters waits for the next token', () => {
    const one = made();
    expect(does(one)).toEqual(['go', 'go', 'go', 'go', 'go', 'go']);
    one.spend(25);
    expect(does(one)).toEqual(['leave out', 'go', 'go', 'go', 'go', 'go']);
    one.spend(10);
    expect(does(one)).toEqual(['leave out', 'leave out', 'go', 'go', 'go', 'go']);
    one.spend(10);
    expect(does(one)).toEqual(['leave out', 'leave out', 'wait', 'wait', 'go', 'go']);
    one.spend(5);
    expect(does(one)).toEqual(['leave out', 'leave out', 'wait', 'wait', 'wait', 'wait']);
    expect(one.verdict('final')).toMatchObject({ ms: 5_500, scarce: 'bucket' });
    one.time.now += 5_500;
    expect(one.send('final')).toBe('go');
  });

  test('whatever is asked for, a server with 60 and one per 5 s never has to refuse', () => {
    const steps = fc.array(
      fc.record({ wait: fc.nat(20_000), kind: fc.constantFrom(...kinds, 'read' as const), run: fc.nat(3) }),
      { maxLength: 300 },
    );
    fc.assert(
      fc.property(steps, (asked) => {
        const one = made({ dailyMessages: 1e9 });
        let server = 60;
        for (const { wait, kind, run } of asked) {
          one.time.now += wait;
          server = Math.min(60, server + wait / 5_000);
          if (kind === 'read') continue;
          if (one.send(kind, `r${run}`) === 'go') server--;
          expect(server).toBeGreaterThanOrEqual(9);
        }
      }),
    );
  });

  test('what waits for as long as it is told goes then, unless something else was faster', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.nat(60), fc.nat(300), (kind, spent, out) => {
        const one = made();
        one.spend(spent);
        one.sent(out);
        const first = one.verdict(kind);
        if (first.do !== 'wait') return;
        one.time.now += first.ms;
        expect(one.verdict(kind).do).toBe('go');
      }),
    );
  });

  test('a bucket of one still lets everything through, one by one', () => {
    const one = made({ burst: 1, dailyMessages: 10 });
    for (const kind of ['milestone', 'final', 'progress'] as const) {
      expect(one.send(kind)).toBe('go');
      expect(one.verdict('final').do).toBe('wait');
      one.time.now += 5_500;
    }
  });
});

describe('rule 25: connections that fail for two hours', () => {
  const seeds = fc.record({ seed: fc.integer({ min: 1, max: 2 ** 30 }), backoffMax: fc.constantFrom(1, 5, 8, 30) });

  test('hold up no result for longer than 30 s, nor the server’s patience', () => {
    fc.assert(
      fc.property(seeds, ({ seed, backoffMax }) => {
        let state = seed;
        const random = () => {
          state = (state * 16_807) % 2_147_483_647;
          return state / 2_147_483_647;
        };
        const one = made({ dailyMessages: 1e9 });
        const uses = ['connection', 'cache', 'file'] as const;
        const listeners = uses.map((use) => ({
          use,
          backoff: new Backoff(use === 'cache' ? 300_000 : backoffMax * 1000, random, () => one.time.now),
          at: one.time.now,
          tries: 0,
        }));
        let [server, asked, due] = [60, one.time.now, one.time.now];
        const request = () => {
          server--;
          expect(server).toBeGreaterThanOrEqual(0);
        };
        for (const end = one.time.now + 2 * HOUR; one.time.now < end; one.time.now += 250) {
          server = Math.min(60, server + 250 / 5_000);
          for (const listener of listeners) {
            if (one.time.now < listener.at) continue;
            try {
              one.allowance.spend(listener.use);
              request();
              listener.tries++;
              throw new NtfyFailure('cut');
            } catch (error) {
              listener.at = one.time.now + listener.backoff.next(error as NtfyFailure);
            }
          }
          if (one.time.now < due) continue;
          const answer = one.verdict('final');
          if (answer.do !== 'go') {
            due = one.time.now + (answer.do === 'wait' ? answer.ms : 0);
            continue;
          }
          one.allowance.spend();
          request();
          expect(one.time.now - asked).toBeLessThanOrEqual(30_000);
          asked = due = one.time.now + 20_000 + Math.floor(random() * 60_000);
        }
        // And it goes on.
        const [connections = 0, looks = 0] = listeners.map(({ tries }) => tries);
        expect(connections).toBeGreaterThan(200);
        expect(looks).toBeGreaterThan(20);
      }),
      { numRuns: 20 },
    );
  });

  test('nor do results in plenty hold up listening for longer than 30 s', () => {
    const one = made({ dailyMessages: 1e9 });
    const listened: number[] = [];
    for (let second = 0; second < 600; second++) {
      one.time.now += 1000;
      while (one.send('final') === 'go');
      try {
        one.allowance.spend('connection');
        listened.push(second);
      } catch {}
    }
    expect(listened).toHaveLength(20);
  });

  test('cost nothing where no server hears of them', () => {
    const one = made();
    for (let i = 0; i < 200; i++) {
      one.allowance.spend('connection');
      one.allowance.answered(new NtfyFailure('connection refused', { unheard: true }));
    }
    expect(does(one)).toEqual(['go', 'go', 'go', 'go', 'go', 'go']);
  });
});

describe('rule 25: the day', () => {
  test('sheds in order as it runs low; results and questions wait for midnight UTC', () => {
    const one = made();
    one.sent(125);
    expect(does(one)).toEqual(['leave out', 'go', 'go', 'go', 'go', 'go']);
    one.sent(50);
    expect(does(one)).toEqual(['leave out', 'leave out', 'go', 'go', 'go', 'go']);
    one.sent(49);
    expect(does(one)).toEqual(['leave out', 'leave out', 'go', 'go', 'go', 'go']);
    one.sent(1);
    expect(does(one)).toEqual(['leave out', 'leave out', 'leave out', 'leave out', 'go', 'go']);
    expect(one.verdict('reply')).toMatchObject({ scarce: 'day', why: '225 of 250 of today are sent' });
    one.sent(25);
    expect(does(one)).toEqual(['leave out', 'leave out', 'leave out', 'leave out', 'wait', 'wait']);
    expect(one.verdict('final')).toMatchObject({ ms: 12 * HOUR + 30_000 });
    one.time.now += 12 * HOUR;
    expect(does(one)).toEqual(['go', 'go', 'go', 'go', 'go', 'go']);
  });

  test('never more than a day’s messages, and no result is left out', () => {
    const asked = fc.array(fc.constantFrom(...kinds), { maxLength: 100 });
    fc.assert(
      fc.property(asked, fc.integer({ min: 1, max: 30 }), (all, dailyMessages) => {
        const one = made({ ...plenty, dailyMessages });
        const done = all.map((kind) => ({ kind, does: one.send(kind) }));
        expect(done.filter(({ does }) => does === 'go').length).toBeLessThanOrEqual(dailyMessages);
        const lost = done.filter(({ does }) => does === 'leave out').map(({ kind }) => kind);
        expect(lost).not.toContain('question');
        expect(lost).not.toContain('final');
        one.time.now += DAY;
        expect(one.send('final')).toBe('go');
      }),
    );
  });

  test('is not forgotten over a restart, but is over at midnight', () => {
    const one = made();
    one.sent(249);
    const later = made();
    later.sent(1);
    later.allowance.restore(one.allowance.state);
    expect(later.allowance.today).toEqual({ day: '2026-11-23', sent: 250 });
    expect(later.verdict('final').do).toBe('wait');
    const tomorrow = made({}, NOON + DAY);
    tomorrow.allowance.restore(one.allowance.state);
    expect(tomorrow.allowance.today).toEqual({ day: '2026-11-24', sent: 0 });
  });

  test('is not forgotten where the clock says 1970 at first, or another day for a while', () => {
    const before = made();
    before.sent(249);
    const later = made({}, 0);
    later.allowance.restore(before.allowance.state);
    expect(later.verdict('reply').do).toBe('go');
    later.sent(2);
    // What is written meanwhile holds both.
    const again = made({}, 0);
    again.allowance.restore(later.allowance.state);
    for (const now of [NOON, NOON + 3650 * DAY, NOON + 60_000]) {
      again.time.now = now;
      expect(again.allowance.today.sent).toBe(now === NOON + 3650 * DAY ? 0 : 249);
    }
    expect(again.send('final')).toBe('go');
    expect(again.send('final')).toBe('wait');
  });

  test('of a year take no room', () => {
    const one = made({ dailyMessages: 1e9 });
    for (let day = 0; day < 365; day++) {
      one.time.now += DAY;
      one.sent(1);
    }
    expect(one.allowance.state).toHaveLength(3);
    expect(one.allowance.today.sent).toBe(1);
  });

  test('the server’s own "no more today" leaves only results and questions, which wait until 00:00 UTC', () => {
    const one = made();
    one.allowance.answered(limited(42908));
    expect(one.allowance.closed).toBe(true);
    expect(does(one)).toEqual(['leave out', 'leave out', 'leave out', 'leave out', 'wait', 'wait']);
    expect(one.verdict('final')).toMatchObject({ ms: 12 * HOUR + 30_000 });
    // Reads cost no messages.
    expect(() => one.allowance.spend()).not.toThrow();
    one.time.now += 12 * HOUR + 30_000;
    expect(one.verdict('final').do).toBe('go');
  });

  test.each(['connection', 'cache', 'file'] as const)(
    'said to a %s it holds only requests back, for a while',
    (use) => {
      const one = made();
      one.allowance.answered(limited(42908), use);
      expect(one.allowance.closed).toBe(false);
      expect(one.verdict('final')).toMatchObject({ do: 'wait', scarce: 'server' });
      one.time.now += MINUTE;
      expect(one.verdict('final').do).toBe('go');
    },
  );

  test('said just after midnight it may still mean yesterday, and is asked again soon', () => {
    const one = made({}, Date.UTC(2026, 10, 24, 0, 1));
    one.allowance.answered(limited(42908));
    expect(one.verdict('final')).toMatchObject({ ms: 10 * MINUTE });
  });
});

describe('rule 16: after "too many requests"', () => {
  test('nothing is asked for at least 30 s, reads included, and longer each time', () => {
    const one = made(plenty, NOON, 0.5);
    for (const seconds of [37.5, 75, 150, 300, 600, 1125, 1125]) {
      one.allowance.answered(limited());
      expect(one.allowance.pause).toBe(seconds * 1000);
      expect(() => one.allowance.spend()).toThrow(NtfyFailure);
      expect(does(one)).toEqual(['leave out', 'leave out', 'wait', 'wait', 'wait', 'wait']);
      one.time.now += seconds * 1000;
      expect(() => one.allowance.spend()).not.toThrow();
    }
    one.allowance.answered();
    one.allowance.answered(limited());
    expect(one.allowance.pause).toBe(37_500);
  });

  test('Retry-After is honoured, and several refusals at once are one', () => {
    const one = made();
    one.allowance.answered(limited(undefined, 2 * HOUR));
    one.allowance.answered(limited());
    expect(one.allowance.pause).toBe(2 * HOUR);
    one.time.now += 2 * HOUR;
    one.allowance.answered(limited());
    expect(one.allowance.pause).toBe(MINUTE);
  });

  test('the bucket is empty then, since the server’s is', () => {
    const one = made();
    one.allowance.answered(limited());
    one.time.now += 30_000;
    expect(does(one)).toEqual(['leave out', 'leave out', 'wait', 'wait', 'go', 'go']);
  });

  test.each([42903, 42904, 42905, 42911])('a limit of one kind (%i) stops nothing else', (code) => {
    const one = made();
    one.allowance.answered(limited(code));
    expect(does(one)).toEqual(['go', 'go', 'go', 'go', 'go', 'go']);
  });
});

describe('progress', () => {
  test('comes at most once a minute and six times a run', () => {
    const one = made(plenty);
    for (let i = 0; i < 6; i++) {
      expect(one.send('progress')).toBe('go');
      one.time.now += 20_000;
      if (i < 5) expect(one.verdict('progress')).toMatchObject({ do: 'wait', ms: 40_000, scarce: 'run' });
      expect(one.send('progress', `other ${i}`)).toBe('go');
      one.time.now += 40_000;
    }
    expect(one.verdict('progress')).toMatchObject({ do: 'leave out', scarce: 'run' });
    expect(one.verdict('final').do).toBe('go');
  });

  test('of a limit of 0 there is none', () => {
    expect(made({ progressLimit: 0 }).verdict('progress').do).toBe('leave out');
  });

  test('a hundred thousand runs do not fill the memory', () => {
    const one = made(plenty);
    for (let i = 0; i < 100_000; i++) one.allowance.sent('progress', `r${i}`);
    expect(one.verdict('progress', 'r99999').do).toBe('wait');
    expect(one.verdict('progress', 'r0').do).toBe('go');
  });
});

test('a clock that jumps never makes anything wait longer than it was told', () => {
  const jumps = fc.array(fc.integer({ min: -2 * DAY, max: 2 * DAY }), { maxLength: 20 });
  fc.assert(
    fc.property(jumps, fc.constantFrom(undefined, 42901, 42908), (moves, code) => {
      const one = made();
      if (code) one.allowance.answered(limited(code));
      for (const move of moves) {
        one.time.now += move;
        const answer = one.verdict('final');
        if (answer.do === 'wait') expect(answer.ms).toBeLessThanOrEqual(DAY + 90_000);
        expect(one.allowance.pause).toBeLessThanOrEqual(45_000);
      }
    }),
  );
});
