import type { Host } from '../host.ts';
import type { Handler, PipelineEntry, Step } from '../plugin.ts';
import { lane } from '../queue.ts';
import { type Chain, compose } from '../run/compose.ts';
import type { Layer } from '../run/layer.ts';
import { Environment, Logger } from '../services.ts';
import type { AnySlot, Slots } from '../slot.ts';
import type { Get } from '../token.ts';
import type { MakePart } from './make-part.ts';
import { checkOrder, type Placed } from './order.ts';
import { type Problem, problemsOf } from './problems.ts';
import { resolveOptions } from './settings.ts';

/** Milliseconds a step above `queue()` may take unless it says otherwise: the phone waits for its answer. */
const INTAKE_TIMEOUT = 2000;

/** A pipeline in two halves, ready to run. */
export interface Pipeline {
  readonly intake: Chain;
  readonly work: Chain;
}

interface BuildOptions {
  readonly pipeline: readonly PipelineEntry[];
  readonly get: Get;
  /** Collects what must run when the pipeline is closed, in reverse order. */
  readonly stack: AsyncDisposableStack;
  readonly make: MakePart;
}

/** Checks the pipeline and sets every step up in order; what is wrong comes back as problems, all at once. */
export async function build({
  pipeline,
  get,
  stack,
  make,
}: BuildOptions): Promise<{ pipeline?: Pipeline; problems: Problem[] }> {
  const { placed, problems } = checkOrder(pipeline);
  const layers: Layer[] = [];
  for (const place of placed) {
    try {
      layers.push(await toLayer(place, { get, stack, make, problems }));
    } catch (error) {
      problems.push(...problemsOf(`${place.name}()`, error));
    }
  }
  if (problems.length > 0) return { problems };
  const intake = compose(
    layers.filter((layer) => layer.where === 'intake'),
    async (state) => {
      state.queued = true;
      state.lane = (state.read(lane) as string | undefined) ?? 'default';
    },
  );
  return { pipeline: { intake, work: compose(layers.filter((layer) => layer.where === 'work')) }, problems };
}

interface Surroundings extends Omit<BuildOptions, 'pipeline'> {
  readonly problems: Problem[];
}

async function toLayer(place: Placed, { get, stack, make, problems }: Surroundings): Promise<Layer> {
  const { name, anonymous, where, entry } = place;
  const logger = get(Logger).child({ step: name });
  const timeout = where === 'intake' ? INTAKE_TIMEOUT : undefined;
  const common = { name, anonymous, where, retries: 0, timeout, logger };
  if (typeof entry === 'function') {
    const handle = entry as unknown as Handler<Slots, Slots, Slots>;
    return { ...common, requires: [], mayRead: undefined, mayWrite: new Set(), handle };
  }
  const { plugin } = entry;
  const resolved = resolveOptions(`${name}()`, plugin.options, entry.input, get(Environment));
  problems.push(...resolved.problems, ...limitProblems(name, entry));
  const host: Host<unknown> = {
    options: resolved.options,
    logger,
    get,
    onClose: (cleanup) => stack.defer(async () => cleanup()),
    make,
  };
  const [requires, optional, provides] = [plugin.requires ?? [], plugin.optional ?? [], plugin.provides ?? []] as [
    readonly AnySlot[],
    readonly AnySlot[],
    readonly AnySlot[],
  ];
  return {
    ...common,
    timeout: entry.timeout ?? common.timeout,
    retries: entry.retries ?? 0,
    requires,
    mayRead: new Set([...requires, ...optional, ...provides].map((slot) => slot.name)),
    mayWrite: new Set(provides.map((slot) => slot.name)),
    // A step with bad options is not set up: its problems are reported, and it never runs.
    handle: resolved.problems.length === 0 ? await plugin.setup(host) : (_run, next) => next(),
  };
}

function limitProblems(name: string, { plugin, timeout, retries }: Step): Problem[] {
  const problems: Problem[] = [];
  const bad = (option: string, what: string) => {
    problems.push({ where: `${name}().${option}`, what, repair: 'Correct it in milton.config.ts' });
  };
  if (timeout !== undefined && !(timeout > 0 && timeout < 2 ** 31))
    bad('timeout', 'it must be a number of milliseconds above 0');
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0))
    bad('retries', 'it must be a whole number');
  if (retries !== undefined && plugin.retryable === false) {
    const what = 'this step is never repeated, since what it does must not happen twice';
    problems.push({
      where: `${name}().retries`,
      what,
      repair: 'Leave it out; RETRY from the phone makes a new request',
    });
  }
  return problems;
}
