import { setTimeout as sleep } from 'node:timers/promises';
import { sign } from '../../src/plugins/authorise/signature.ts';
import type { FakeEvent } from '../../test/support/fake-ntfy.ts';
import type { Random } from '../random.ts';
import type { Outcome } from '../scenario.ts';
import { GuardedMilton } from './guarded-milton.ts';

/** In MB and ms. */
const MEMORY = 250;
const IN_TIME = 1_000;
/** How many come at once, and how long it is to the next, in ms: 1,000 a second, several times what an ntfy server hands out. */
const BURST = 20;
const PAUSE = 20;

/** T14: strangers send a hundred times as much as the holder of the key, whose messages are acknowledged in time all the same. */
export async function flood({ random, quick }: { readonly random: Random; readonly quick: boolean }): Promise<Outcome> {
  const [unsigned, signed] = quick ? [10_000, 100] : [100_000, 1_000];
  await using guarded = await GuardedMilton.start();
  const { server, key } = guarded;
  const before = guarded.memory.now;
  const watch = new Acknowledgements(server.cache);
  const order = random.shuffle(Array.from({ length: unsigned + signed }, (_, index) => index < signed));
  for (const [index, own] of order.entries()) {
    const text = `CODE: number ${index} ${'x'.repeat(random.int(200))}`;
    if (own) watch.sent(index);
    const forged = random.int(2) === 0 ? text : sign(text, `${key.slice(1)}x`);
    server.publish('asks', own ? sign(text, key) : forged);
    if (index % BURST === 0) {
      watch.look();
      await sleep(PAUSE);
    }
  }
  await guarded.until(() => watch.look() === signed && guarded.starts.length >= signed, 300_000);
  const { peak } = guarded.memory;
  const notRun = signed - guarded.starts.length;
  const waits = watch.waits.toSorted((a, b) => a - b);
  const late = waits.filter((ms) => ms > IN_TIME).length;
  const told = server.cache.filter(({ title }) => String(title).includes('not accepted')).length;
  return {
    counts: [
      { what: 'unsigned', value: unsigned },
      { what: 'signed', value: signed },
      { what: 'signed not run', value: notRun, broken: notRun !== 0 },
      { what: 'not acknowledged', value: signed - waits.length, broken: waits.length !== signed },
      { what: 'acknowledged late', value: late, broken: late > 0 },
      { what: 'ms until then (median)', value: Math.round(waits[Math.floor(waits.length / 2)] ?? 0) },
      { what: '(longest)', value: Math.round(waits.at(-1) ?? 0) },
      { what: 'notices of strangers', value: told, broken: told !== 1 },
      { what: 'MB before', value: Math.round(before) },
      { what: 'at most', value: Math.round(peak), broken: peak > MEMORY },
    ],
  };
}

/** How long each message waits for its acknowledgement. */
class Acknowledgements {
  readonly waits: number[] = [];
  readonly #cache: readonly FakeEvent[];
  readonly #sent = new Map<number, number>();
  #looked = 0;

  constructor(cache: readonly FakeEvent[]) {
    this.#cache = cache;
  }

  sent(index: number): void {
    this.#sent.set(index, performance.now());
  }

  /** Takes note of those that came since; how many there are by now. */
  look(): number {
    for (; this.#looked < this.#cache.length; this.#looked++) {
      const { topic, title, message = '' } = this.#cache[this.#looked]!;
      const [, index] = (topic === 'answers' && String(title).startsWith('👂') && /number (\d+)\b/.exec(message)) || [];
      const sent = index === undefined ? undefined : this.#sent.get(Number(index));
      if (sent !== undefined) this.waits.push(performance.now() - sent);
    }
    return this.waits.length;
  }
}
