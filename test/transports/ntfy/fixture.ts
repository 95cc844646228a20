import { expect, vi } from 'vitest';
import type { Lateness } from '../../../src/pipeline/message.ts';
import type { Health } from '../../../src/pipeline/transport.ts';
import type { TransportFixture } from '../../../src/testing/transport-contract.ts';
import { ntfy } from '../../../src/transports/ntfy/ntfy.ts';
import type { NtfyOptions } from '../../../src/transports/ntfy/options.ts';
import { FakeNtfy } from '../../support/fake-ntfy.ts';
import { type Memory, type SetUp, setUp } from '../host.ts';

/** Options for a server under test: its topics, and pauses that a test can wait for. */
export function options(baseUrl: string, more: Partial<NtfyOptions> = {}) {
  return {
    baseUrl,
    askTopic: 'ask',
    answerTopic: 'answers',
    claudeTopic: '',
    codexTopic: '',
    backoffMax: 0.02,
    reconcileDelay: 30,
    allowHttp: false,
    ...more,
  };
}

/** Tests connect more often in a second than a server would let anybody. */
export const PLENTY = { dailyMessages: 1e6, burst: 1e6 };

export interface Bench extends SetUp {
  readonly fake: FakeNtfy;
  readonly memory: Memory;
  /** Milton again, with what it remembers. */
  again(more?: Partial<NtfyOptions>): Promise<SetUp>;
  /** Everything heard since, in order. */
  listen(
    setup?: SetUp,
    settle?: boolean,
  ): {
    readonly texts: string[];
    readonly ids: string[];
    readonly late: (Lateness | undefined)[];
    readonly stop: () => void;
  };
  /** Every state of the connection since the beginning. */
  readonly health: readonly Health[];
  /** Resolves once it stands. */
  connected(): Promise<void>;
  /** Resolves once it does not, or did not meanwhile, for this reason. */
  down(why: string | RegExp): Promise<void>;
  end(): Promise<void>;
}

/** An ntfy transport and a fake server, with what a test reads of both. */
export async function bench(more: Partial<NtfyOptions> = {}): Promise<Bench> {
  const fake = await FakeNtfy.start();
  const memory: Memory = new Map();
  const stops: (() => unknown)[] = [];
  const again = async (changed: Partial<NtfyOptions> = {}) => {
    const made = await setUp(ntfy(options(fake.url, { ...PLENTY, ...more, ...changed })), memory);
    stops.push(made.close);
    return made;
  };
  const first = await again();
  const health: Health[] = [];
  first.transport.health$.subscribe((state) => health.push(state));
  const connected = () => until(() => expect(health.at(-1)?.state).toBe('connected'));
  const down = (why: string | RegExp) => {
    // It may stand again before anybody looks.
    const from = Math.max(0, health.length - 1);
    const lost = expect.objectContaining({ state: 'reconnecting', why: expect.stringMatching(why) });
    return until(() => expect(health.slice(from)).toContainEqual(lost));
  };
  const listen = ({ transport }: SetUp = first, settle = true) => {
    const [texts, ids]: [string[], string[]] = [[], []];
    const late: (Lateness | undefined)[] = [];
    const subscription = transport.messages$.subscribe((delivery) => {
      texts.push(delivery.message.text);
      ids.push(delivery.message.id);
      late.push(delivery.message.late);
      if (settle) delivery.settle();
    });
    stops.push(() => subscription.unsubscribe());
    return { texts, ids, late, stop: () => subscription.unsubscribe() };
  };
  const end = async () => {
    for (const stop of stops.reverse()) await stop();
    await fake.close();
  };
  return { ...first, fake, memory, again, listen, health, connected, down, end };
}

/** Waits until a check holds. */
export const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 5 });

/** The contract's view of an ntfy transport on the fake server. */
export async function fakeFixture(): Promise<TransportFixture> {
  const { fake, transport, again, end } = await bench();
  return {
    transport,
    say: (text) => void fake.publish('ask', text),
    shown: () =>
      fake.cache
        .filter(({ topic }) => topic === 'answers')
        .map(({ title, message }) => `${title ?? ''}\n${message}`)
        .join('\n'),
    breakSending: () => {
      fake.chaos.publish = { status: 500, body: 'down' };
    },
    attached: () => fake.streams,
    restart: async () => (await again()).transport,
    close: end,
  };
}
