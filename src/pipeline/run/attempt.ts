import { MiltonError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Message, Notice } from '../message.ts';
import type { Conclusion, Next, Policy, Run, StepContext } from '../plugin.ts';
import { type AnySlot, decodeSlot, encodeSlot, type Slots } from '../slot.ts';
import type { Answer, Effect, Question } from '../store/job-store.ts';
import { journaled } from './journal.ts';
import type { Layer } from './layer.ts';
import { Budget } from './limits.ts';
import { postSoon } from './posting.ts';
import { ask } from './question.ts';
import type { RunState } from './run-state.ts';

/** How long a step that ran into its timeout may still clean up, in ms. */
const GRACE = 5000;

/** One try of one step on one run: what its handler holds as `run`. */
export class Attempt implements Run<Slots, Slots, Slots> {
  readonly signal: AbortSignal;
  /** Rejects when the timeout and its grace are over. */
  readonly abandoned: Promise<never> | undefined;
  /** Set by a timeout; the step fails with it whatever its handler returns. */
  timeout: MiltonError | undefined;
  misuse: MiltonError | undefined;
  nextCalled = false;
  downstream: Promise<void> | undefined;
  downstreamOver = false;
  /** Whether an at-most-once step began, after which nothing may be retried. */
  begun = false;
  readonly #state: RunState;
  readonly #layer: Layer;
  readonly #down: Next;
  #over = false;
  #staged: Map<string, { value: unknown; encoded: Json }> | undefined;
  #names: Set<string> | undefined;
  #budget: Budget | undefined;
  #grace: NodeJS.Timeout | undefined;

  constructor(state: RunState, layer: Layer, down: Next) {
    this.#state = state;
    this.#layer = layer;
    this.#down = down;
    if (layer.timeout === undefined) {
      this.signal = state.abort.signal;
      return;
    }
    const own = new AbortController();
    this.signal = AbortSignal.any([state.abort.signal, own.signal]);
    this.abandoned = new Promise((_, reject) => {
      this.#budget = new Budget(layer.timeout!, () => {
        const what = `${layer.name} took longer than ${layer.timeout} ms.`;
        this.timeout = new MiltonError('STEP_TIMEOUT', what, {
          hint: `Raise ${layer.name}({ timeout }) if that is expected.`,
        });
        own.abort(this.timeout);
        this.#grace = setTimeout(reject, GRACE, this.timeout);
      });
    });
    this.abandoned.catch(() => {});
  }

  get id(): string {
    return this.#state.id;
  }

  get message(): Message {
    return this.#state.message;
  }

  get lane(): string {
    return this.#state.lane;
  }

  get(slot: AnySlot): never {
    this.#live();
    const { mayRead, name } = this.#layer;
    if (mayRead !== undefined && !mayRead.has(slot.name)) {
      throw new MiltonError(
        'SLOT_UNDECLARED',
        `${name} reads "${slot.name}" without listing it in requires or optional.`,
      );
    }
    const staged = this.#staged?.get(slot.name);
    return (staged ? staged.value : this.#state.read(slot)) as never;
  }

  set(slot: AnySlot, value: unknown): void {
    this.#live();
    this.signal.throwIfAborted();
    const { mayWrite, name } = this.#layer;
    if (!mayWrite.has(slot.name)) {
      throw new MiltonError('SLOT_UNDECLARED', `${name} sets "${slot.name}" without listing it in provides.`);
    }
    if (this.#staged?.has(slot.name) || this.#state.has(slot.name)) {
      throw new MiltonError('SLOT_TWICE', `${name} sets "${slot.name}", which already has a value.`);
    }
    let encoded: Json;
    try {
      encoded = encodeSlot(slot, value);
    } catch (cause) {
      const why = (cause as Error).message;
      throw new MiltonError('SLOT_VALUE', `${name} set "${slot.name}" to something its schema refuses: ${why}`, {
        cause,
      });
    }
    // Decoded at once: readers see now what they would see after a crash.
    this.#staged ??= new Map();
    this.#staged.set(slot.name, { value: decodeSlot(slot, encoded), encoded });
    if (this.nextCalled) this.commit();
  }

  async first(key: string): Promise<boolean> {
    this.#intakeOnly('first');
    if (this.#state.seen.includes(key)) return true;
    if (await this.#state.store.seen(key)) return false;
    this.#state.seen.push(key);
    return true;
  }

  stage(effect: Effect): void {
    this.#intakeOnly('stage');
    this.#state.effects.push(effect);
  }

  async step<T>(name: string, work: (context: StepContext) => Promise<T>, ...policy: readonly unknown[]): Promise<T> {
    const call = {
      key: this.#key('step', name),
      signal: this.signal,
      begin: () => {
        this.begun = true;
      },
      over: () => this.#over,
    };
    return (await journaled(this.#state, call, work, (policy[0] ?? {}) as Policy<unknown>)) as T;
  }

  notify(notice: Notice): void {
    this.#live();
    this.#state.notice(this.#layer.name, notice);
    if (this.#state.claim) postSoon(this.#state);
  }

  async ask(name: string, question: Question): Promise<Answer> {
    const key = this.#key('ask', name);
    this.#budget?.stop();
    try {
      return await ask(this.#state, key, question, this.signal);
    } finally {
      this.#budget?.start();
    }
  }

  conclude(conclusion: Conclusion): void {
    this.#live();
    if (this.#state.conclusion) {
      throw new MiltonError('CONCLUDED_TWICE', `${this.#layer.name} concluded a run that was already concluded.`);
    }
    this.#state.conclusion = conclusion;
  }

  readonly next: Next = () => {
    this.#live();
    if (this.nextCalled) {
      this.misuse = new MiltonError('NEXT_TWICE', `${this.#layer.name} called next() more than once.`);
      throw this.misuse;
    }
    this.signal.throwIfAborted();
    this.nextCalled = true;
    this.commit();
    this.#budget?.stop();
    const over = () => {
      this.downstreamOver = true;
      this.#budget?.start();
    };
    const downstream = this.#down();
    downstream.then(over, over);
    this.downstream = downstream;
    return downstream;
  };

  /** Makes what the step set visible to the run. */
  commit(): void {
    if (this.#staged === undefined) return;
    for (const [name, { value, encoded }] of this.#staged) this.#state.write(name, value, encoded);
    this.#staged = undefined;
  }

  /** From here on the handle does nothing but throw. */
  close(): void {
    this.#over = true;
    this.#budget?.stop();
    clearTimeout(this.#grace);
  }

  #live(): void {
    if (!this.#over) return;
    throw new MiltonError('STEP_OVER', `${this.#layer.name} used its run after it had returned or timed out.`);
  }

  #intakeOnly(method: string): void {
    this.#live();
    if (this.#layer.where === 'intake') return;
    const hint = `Move ${this.#layer.name} above queue().`;
    throw new MiltonError('BELOW_QUEUE', `${this.#layer.name} stands below queue() and uses run.${method}().`, {
      hint,
    });
  }

  #key(method: string, name: string): string {
    this.#live();
    const { name: step, where, anonymous } = this.#layer;
    if (where === 'intake') {
      const hint = `Move ${step} below queue().`;
      throw new MiltonError('ABOVE_QUEUE', `${step} stands above queue() and uses run.${method}().`, { hint });
    }
    if (anonymous) {
      const hint = 'Give the function a name: async function tidy(run, next) { … }';
      throw new MiltonError('STEP_ANONYMOUS', `An unnamed inline step uses run.${method}().`, { hint });
    }
    const key = `${step}/${name}`;
    this.#names ??= new Set();
    if (this.#names.has(key)) {
      const hint = 'Give each call its own name, for example fetch-1, fetch-2.';
      throw new MiltonError('STEP_NAME_TWICE', `${step} used the name "${name}" twice in one run.`, { hint });
    }
    this.#names.add(key);
    return key;
  }
}
