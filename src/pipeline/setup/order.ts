import type { AnyPlugin, PipelineEntry, Step } from '../plugin.ts';
import { QUEUE } from '../queue.ts';
import type { AnySlot } from '../slot.ts';
import type { Problem } from './problems.ts';

/** One entry of the pipeline with what can be said of it before anything is set up. */
export interface Placed {
  readonly entry: PipelineEntry;
  readonly name: string;
  readonly anonymous: boolean;
  readonly where: 'intake' | 'work';
}

const isStep = (entry: unknown): entry is Step =>
  typeof entry === 'object' && entry !== null && (entry as Partial<Step>)['~milton'] === 'step';

const optionsOfQueue = (entry: Step) =>
  Object.keys(entry.input).map(
    (key): Problem => ({ where: 'queue()', what: `there is no option "${key}"`, repair: 'It takes none' }),
  );

const isQueue = (entry: PipelineEntry) => isStep(entry) && entry.plugin.name === QUEUE;

/** Names every entry and finds what is wrong with their order. `queue()` itself is not among the placed ones. */
export function checkOrder(pipeline: readonly PipelineEntry[]): { placed: Placed[]; problems: Problem[] } {
  const problems = [...shapeProblems(pipeline), ...queueProblems(pipeline)];
  const boundary = pipeline.findIndex(isQueue);
  const placed: Placed[] = [];
  const names = new Set<string>();
  const providers = new Map<string, string>();
  const oneQueue = pipeline.filter(isQueue).length === 1;
  for (const [index, entry] of pipeline.entries()) {
    if ((!isStep(entry) && !isInline(entry)) || isQueue(entry)) continue;
    const where = index < boundary ? 'intake' : 'work';
    const anonymous = !isStep(entry) && entry.name === '';
    const name = anonymous ? `pipeline[${index}]` : isStep(entry) ? (entry.as ?? entry.plugin.name) : entry.name;
    if (names.has(name)) problems.push(namedTwice(index, name, entry));
    names.add(name);
    placed.push({ entry, name, anonymous, where });
    if (!isStep(entry)) continue;
    const { plugin } = entry;
    if (oneQueue && plugin.where && plugin.where !== where) problems.push(wrongSide(name, plugin.where));
    for (const slot of slotsOf(plugin, 'requires')) {
      if (!providers.has(slot.name)) problems.push(unprovided(name, slot.name, pipeline.slice(index + 1)));
    }
    for (const slot of slotsOf(plugin, 'provides')) {
      const other = providers.get(slot.name);
      if (other) problems.push(providedTwice(name, slot.name, other));
      providers.set(slot.name, name);
    }
  }
  return { placed, problems };
}

function slotsOf(plugin: AnyPlugin, which: 'requires' | 'provides'): readonly AnySlot[] {
  return (plugin[which] ?? []) as readonly AnySlot[];
}

const isInline = (entry: unknown) => typeof entry === 'function' && !('~milton' in entry);

function shapeProblems(pipeline: readonly PipelineEntry[]): Problem[] {
  return pipeline.flatMap((entry: unknown, index): Problem[] => {
    const where = `pipeline[${index}]`;
    if (isStep(entry) || isInline(entry)) return [];
    if (typeof entry === 'function') {
      return [
        { where, what: 'it is a plugin that was not called', repair: 'Write it with parentheses, as in research()' },
      ];
    }
    return [
      { where, what: 'it is no step', repair: 'Put what a plugin returns there, or a function (run, next) => …' },
    ];
  });
}

function queueProblems(pipeline: readonly PipelineEntry[]): Problem[] {
  const count = pipeline.filter(isQueue).length;
  if (count === 1) return pipeline.filter(isQueue).flatMap((entry) => optionsOfQueue(entry as Step));
  const what = count === 0 ? 'there is no queue()' : `there are ${count} queue()s`;
  const repair = 'Put exactly one between the steps that answer at once and the steps that work';
  return [{ where: 'pipeline', what, repair }];
}

/** The name is the key under which a step's results are kept through a crash. */
function namedTwice(index: number, name: string, entry: PipelineEntry): Problem {
  const repair = isStep(entry)
    ? `Give one its own name: ${entry.plugin.name}({ as: '…' })`
    : 'Give one of the functions another name';
  return { where: `pipeline[${index}]`, what: `two steps are called "${name}"`, repair };
}

function wrongSide(name: string, side: 'intake' | 'work'): Problem {
  const repair = `Move it ${side === 'work' ? 'below' : 'above'} queue()`;
  return { where: `${name}()`, what: `it stands on the wrong side of queue()`, repair };
}

function unprovided(name: string, slot: string, later: readonly PipelineEntry[]): Problem {
  const provider = later.filter(isStep).find(({ plugin }) => slotsOf(plugin, 'provides').some((s) => s.name === slot));
  const where = `${name}()`;
  if (!provider)
    return { where, what: `it needs "${slot}", and no step provides it`, repair: 'Add the step that does' };
  const other = provider.as ?? provider.plugin.name;
  const repair = `Move ${other} above ${name}`;
  return { where, what: `it needs "${slot}", but ${other} provides it later`, repair };
}

function providedTwice(name: string, slot: string, other: string): Problem {
  const repair = 'Keep one of the two steps';
  return { where: `${name}()`, what: `it provides "${slot}", which ${other} already provides`, repair };
}
