import { z } from 'zod';
import { MiltonError } from './errors.ts';
import type { Host } from './host.ts';
import type { Json, Storable } from './json.ts';
import type { Message, Notice } from './message.ts';
import type { Logger } from './services.ts';
import type { Slots, SlotValue } from './slot.ts';
import type { Answer, Effect, Question } from './store/job-store.ts';

/** What `run.step` may do when its work fails or Milton dies in it. */
export type Policy<T> =
  | { readonly retry?: number; readonly atMostOnce?: never; readonly recover?: never }
  | {
      readonly atMostOnce: true;
      readonly retry?: never;
      /** Called instead of the work when Milton died inside it; to reject ends the run `interrupted` with that message. */
      readonly recover?: (noted: Json | undefined) => Promise<T>;
    };

export interface StepContext {
  /** Aborted on shutdown, cancel, and the step's timeout. */
  readonly signal: AbortSignal;
  /** Saves a value for `recover`; resolves once it is durable. */
  note(value: Json): Promise<void>;
}

/** How a run ends, decided by a step; the core writes it when the chain has returned. */
export interface Conclusion {
  /** `cancelled`: the person said no; `expired`: nobody answered. */
  readonly outcome: 'done' | 'failed' | 'cancelled' | 'expired';
  readonly notice: Notice;
}

/** The policy of a step, or an error where its result could not be journaled. `unknown` passes: the compiler tries it first. */
type StorableResult<T> = unknown extends T
  ? [policy?: Policy<T>]
  : [T] extends [Storable<T>]
    ? [policy?: Policy<T>]
    : ['this result does not survive JSON'];

/**
 * What a step holds of one request. Its methods live on the prototype: call them as `run.x()`.
 * Once the step is over every one of them throws STEP_OVER.
 */
export interface Run<
  Requires extends Slots = readonly [],
  Optional extends Slots = readonly [],
  Provides extends Slots = readonly [],
> {
  readonly id: string;
  readonly message: Message;
  readonly lane: string;
  /** Aborted on shutdown, cancel, and this step's timeout. */
  readonly signal: AbortSignal;
  /** Logs with the run's id and the step's name. */
  readonly logger: Logger;
  /** Reads a slot this step lists; those under `requires` are always there. */
  get<S extends Requires[number] | Optional[number] | Provides[number]>(
    slot: S,
  ): S extends Requires[number] ? SlotValue<S> : SlotValue<S> | undefined;
  /** Fills a slot this step provides, once. */
  set<S extends Provides[number]>(slot: S, value: SlotValue<S>): void;
  /** Above `queue()`: whether no message before this one marked the key. The mark is written with this message. */
  first(key: string): Promise<boolean>;
  /** Above `queue()`: whether this run itself has marked the key, now or before it was held. */
  marked(key: string): boolean;
  /** Above `queue()`: gives the steps below, and what is stored of the message, another text. */
  rewrite(text: string): void;
  /** Above `queue()`: nothing of this message is stored, not even that it came; instead of `next()`. */
  ignore(): void;
  /** Above `queue()`: carries a command out together with the commit of this message. */
  stage(effect: Effect): void;
  /** Below `queue()`: does work whose result survives a crash; see Policy. A name may be used once per run and step. */
  step<T>(name: string, work: (context: StepContext) => Promise<T>, ...policy: StorableResult<T>): Promise<T>;
  /** Tells the person something, durably; `progress` unless the notice says otherwise. */
  notify(notice: Notice): void;
  /**
   * Asks the person and waits; the place is given to other runs meanwhile. Above `queue()` the run ends here and is held; once it
   * is answered, the steps run again from the top, and this returns the answer.
   */
  ask(name: string, question: Question): Promise<Answer>;
  /** Decides how the run ends, once. Above `queue()` nothing is queued then. */
  conclude(conclusion: Conclusion): void;
}

/** Runs the rest of the chain; call it at most once, and await or return it. */
export type Next = () => Promise<void>;

export type Handler<
  Requires extends Slots = readonly [],
  Optional extends Slots = readonly [],
  Provides extends Slots = readonly [],
> = (run: Run<Requires, Optional, Provides>, next: Next) => Promise<void> | void;

/** A plain function as a step: it may read every slot and provides none. */
export type InlineHandler = Handler<readonly [], Slots, readonly []>;

/** Limits any step takes beside its own options: `timeout` in ms, `retries` as a count, `as` for a second one's name. */
export interface StepLimits {
  readonly timeout?: number;
  readonly retries?: number;
  readonly as?: string;
}

const RESERVED: readonly (keyof StepLimits)[] = ['timeout', 'retries', 'as'];

export interface PluginSpec<
  Schema extends z.ZodType = z.ZodType,
  Requires extends Slots = Slots,
  Optional extends Slots = Slots,
  Provides extends Slots = Slots,
> {
  readonly name: string;
  /** Which side of `queue()` it must stand on; either one when absent. */
  readonly where?: 'intake' | 'work';
  /** Whether it decides who may start work; a transport that strangers can reach needs such a step above `queue()`. */
  readonly authorises?: boolean;
  /** Whether the option `retries` is refused, since its work must not be done twice. */
  readonly retryable?: false;
  /** Usually a `z.strictObject`, so that a typing mistake is an error. */
  readonly options?: Schema;
  readonly requires?: Requires;
  readonly optional?: Optional;
  readonly provides?: Provides;
  /** Runs once at start, in pipeline order. */
  setup(
    host: Host<z.output<Schema>>,
  ): Handler<Requires, Optional, Provides> | Promise<Handler<Requires, Optional, Provides>>;
}

// biome-ignore lint/suspicious/noExplicitAny: a pipeline holds plugins of every shape, and handlers are contravariant
export type AnyPlugin = PluginSpec<any, any, any, any>;

/** A configured step: what `research({ … })` returns. */
export interface Step extends StepLimits {
  readonly '~milton': 'step';
  readonly plugin: AnyPlugin;
  /** The options as written. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** One entry of `pipeline` in the configuration. */
export type PipelineEntry = Step | InlineHandler;

export type StepFactory<Schema extends z.ZodType> = ({} extends z.input<Schema>
  ? (options?: z.input<Schema> & StepLimits) => Step
  : (options: z.input<Schema> & StepLimits) => Step) & { readonly '~milton': 'factory' };

/**
 * Defines a plugin; calling what it returns gives a step for `pipeline`.
 * @example
 * export const shout = definePlugin({
 *   name: 'shout',
 *   setup: () => async (run, next) => {
 *     run.notify({ title: run.message.text.toUpperCase() });
 *     await next();
 *   },
 * });
 */
export function definePlugin<
  Schema extends z.ZodType = z.ZodType<{}, {}>,
  const Requires extends Slots = readonly [],
  const Optional extends Slots = readonly [],
  const Provides extends Slots = readonly [],
>(plugin: PluginSpec<Schema, Requires, Optional, Provides>): StepFactory<Schema> {
  const taken = RESERVED.filter((name) => plugin.options instanceof z.ZodObject && name in plugin.options.shape);
  if (taken.length > 0) {
    throw new MiltonError('OPTION_RESERVED', `Plugin "${plugin.name}" has an option called "${taken[0]}".`, {
      hint: 'Every step has that one already, from Milton itself: give yours another name.',
    });
  }
  const make = (written: StepLimits & Record<string, unknown> = {}): Step => {
    const { as, timeout, retries, ...input } = written;
    return {
      '~milton': 'step',
      plugin,
      input,
      ...(as === undefined ? {} : { as }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(retries === undefined ? {} : { retries }),
    };
  };
  return Object.assign(make, { '~milton': 'factory' as const }) as unknown as StepFactory<Schema>;
}
