import type { MiltonError } from '../errors.ts';
import type { Message, Notice } from '../message.ts';
import type { Conclusion, Next, Policy, Run, StepContext } from '../plugin.ts';
import type { Logger } from '../services.ts';
import type { AnySlot, Slots } from '../slot.ts';
import type { Answer, Effect, Question } from '../store/job-store.ts';
import { Budget } from './budget.ts';
import { checkQuestion } from './check-question.ts';
import { journaled } from './journal.ts';
import type { Layer } from './layer.ts';
import { misuse } from './misuse.ts';
import { postSoon } from './post-soon.ts';
import { ask } from './question.ts';
import type { RunState } from './run-state.ts';
import { StagedSlots } from './staged-slots.ts';

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
  readonly #staged: StagedSlots;
  #names: Set<string> | undefined;
  /** Ends a question that nobody awaits any more. */
  #closed: AbortController | undefined;
  #budget: Budget | undefined;
  #grace: NodeJS.Timeout | undefined;
  #logger: Logger | undefined;

  constructor(state: RunState, layer: Layer, down: Next) {
    this.#state = state;
    this.#layer = layer;
    this.#staged = new StagedSlots(layer.name);
    this.#down = down;
    if (layer.timeout === undefined) {
      this.signal = state.abort.signal;
      return;
    }
    const own = new AbortController();
    this.signal = AbortSignal.any([state.abort.signal, own.signal]);
    this.abandoned = new Promise((_, reject) => {
      this.#budget = new Budget(layer.timeout!, () => {
        this.timeout = misuse.timeout(layer.name, layer.timeout!);
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

  get logger(): Logger {
    this.#logger ??= this.#layer.logger.child({ run: this.#state.id });
    return this.#logger;
  }

  get(slot: AnySlot): never {
    this.#live();
    const { mayRead, name } = this.#layer;
    if (mayRead !== undefined && !mayRead.has(slot.name)) {
      throw misuse.readUndeclared(name, slot.name);
    }
    return (this.#staged.has(slot) ? this.#staged.read(slot) : this.#state.read(slot)) as never;
  }

  set(slot: AnySlot, value: unknown): void {
    this.#live();
    this.signal.throwIfAborted();
    const { mayWrite, name } = this.#layer;
    if (!mayWrite.has(slot.name)) throw misuse.setUndeclared(name, slot.name);
    if (this.#staged.has(slot) || this.#state.has(slot.name)) throw misuse.setTwice(name, slot.name);
    this.#staged.fill(slot, value);
    if (this.nextCalled) this.commit();
  }

  async first(key: string): Promise<boolean> {
    this.#intakeOnly('first');
    if (this.#state.seen.includes(key)) return true;
    if (await this.#state.store.seen(key)) return false;
    this.#state.seen.push(key);
    return true;
  }

  marked(key: string): boolean {
    this.#intakeOnly('marked');
    return this.#state.seen.includes(key);
  }

  rewrite(text: string): void {
    this.#intakeOnly('rewrite');
    this.#state.message = { ...this.#state.message, text };
  }

  ignore(): void {
    this.#intakeOnly('ignore');
    this.#state.ignored = true;
  }

  stage(effect: Effect): void {
    this.#intakeOnly('stage');
    this.#state.effects.push(effect);
  }

  step<T>(name: string, work: (context: StepContext) => Promise<T>, ...policy: readonly unknown[]): Promise<T> {
    return handled(this.#step(name, work, (policy[0] ?? {}) as Policy<unknown>) as Promise<T>);
  }

  async #step(name: string, work: (context: StepContext) => Promise<unknown>, policy: Policy<unknown>) {
    const call = {
      key: this.#key('step', name),
      signal: this.signal,
      begin: () => {
        this.begun = true;
      },
      over: () => this.#over,
    };
    return journaled(this.#state, call, work, policy);
  }

  notify(notice: Notice): void {
    this.#live();
    this.#state.notice(this.#layer.name, notice);
    if (this.#state.claim) postSoon(this.#state);
  }

  ask(name: string, question: Question): Promise<Answer> {
    return handled(this.#ask(name, question));
  }

  async #ask(name: string, question: Question): Promise<Answer> {
    const key = this.#key('ask', name);
    checkQuestion(this.#layer.name, name, question);
    if (this.#layer.where === 'intake') return this.#answered(key, question);
    this.#closed ??= new AbortController();
    this.#budget?.stop();
    try {
      return await ask(this.#state, key, question, AbortSignal.any([this.signal, this.#closed.signal]));
    } finally {
      this.#budget?.start();
    }
  }

  /** Above queue() nothing waits: the run is held, and comes again with the answer. */
  #answered(key: string, question: Question): Answer {
    this.signal.throwIfAborted();
    const answer = this.#state.answers.get(key);
    if (answer) return answer;
    this.#state.asked ??= { key, question };
    throw this.#state.end('held');
  }

  conclude(conclusion: Conclusion): void {
    this.#live();
    if (this.#state.conclusion) {
      throw misuse.concludedTwice(this.#layer.name);
    }
    this.#state.conclusion = conclusion;
  }

  readonly next: Next = () => {
    this.#live();
    if (this.nextCalled) {
      this.misuse = misuse.nextTwice(this.#layer.name);
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
    this.#staged.moveTo(this.#state);
  }

  /** From here on the handle does nothing but throw. */
  close(): void {
    this.#over = true;
    this.#closed?.abort();
    this.#budget?.stop();
    clearTimeout(this.#grace);
  }

  #live(): void {
    if (!this.#over && !this.#state.over) return;
    throw misuse.over(this.#layer.name);
  }

  #intakeOnly(method: string): void {
    this.#live();
    if (this.#layer.where === 'intake') return;
    throw misuse.belowQueue(this.#layer.name, method);
  }

  #key(method: string, name: string): string {
    this.#live();
    const { name: step, where, anonymous } = this.#layer;
    if (where === 'intake' && method === 'step') throw misuse.aboveQueue(step, method);
    if (anonymous) throw misuse.anonymous(method);
    const key = `${step}/${name}`;
    this.#names ??= new Set();
    if (this.#names.has(key)) throw misuse.nameTwice(step, name);
    this.#names.add(key);
    return key;
  }
}

/** The step may forget to await it, and its failure must not end the whole program then. */
function handled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
