import { MiltonError } from '../../pipeline/errors.ts';
import { definePlugin, type PipelineEntry, type Step } from '../../pipeline/plugin.ts';
import { QUEUE } from '../../pipeline/queue.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import { LOCAL } from '../../plugins/research/researcher.ts';
import { brief, command, outline, prompt } from '../../plugins/slots.ts';

/** A prompt as its steps left it; without an outline where they tell none. */
export interface MadePrompt {
  readonly prompt: string;
  readonly outline?: SlotValue<typeof outline>;
}

interface PromptPipeline {
  readonly steps: readonly PipelineEntry[];
  /** The step that would have asked the web, and was left out. */
  readonly withoutWeb: string | undefined;
}

/**
 * Cuts a pipeline down to the steps that the prompt is made by, whoever wrote them: those that fill its slot, those that fill what
 * they read, and so on, and those above `queue()` that may rewrite the request. `made` gets the prompt. Unless `web`, nobody is asked for the brief: it is empty.
 * @throws MiltonError where no step makes a prompt.
 */
export function promptPipeline(
  pipeline: readonly PipelineEntry[],
  { web, made }: { readonly web: boolean; made(found: MadePrompt): unknown },
): PromptPipeline {
  const last = showPrompt(made);
  const steps: PipelineEntry[] = [last];
  const required = new Set(slotsOf(last, 'requires'));
  const read = new Set([...required, ...slotsOf(last, 'optional')]);
  let withoutWeb: string | undefined;
  const keep = (step: Step) => {
    steps.unshift(step);
    for (const slot of slotsOf(step, 'requires')) required.add(slot);
    for (const slot of [...slotsOf(step, 'requires'), ...slotsOf(step, 'optional')]) read.add(slot);
  };
  let aboveQueue = false;
  for (const step of pipeline.toReversed()) {
    if (aboveQueue && mayRewrite(step)) {
      if (typeof step === 'function') steps.unshift(step);
      else keep(step);
      continue;
    }
    // A plain function fills no slot.
    if (typeof step === 'function') continue;
    const filled = slotsOf(step, 'provides').filter((slot) => read.has(slot));
    if (step.plugin.name === QUEUE) {
      aboveQueue = true;
      steps.unshift(step);
      keep(refuseCommands());
    } else if (filled.includes(brief.name) && !web) {
      if (withoutWeb !== undefined) continue;
      withoutWeb = step.as ?? step.plugin.name;
      const lost = filled.find((slot) => slot !== brief.name && required.has(slot));
      if (lost !== undefined) throw needsWeb(withoutWeb, lost);
      keep(emptyBrief());
    } else if (filled.length > 0) keep(step);
  }
  if (!steps.some((step) => typeof step === 'object' && slotsOf(step, 'provides').includes(prompt.name))) {
    throw new MiltonError('CONFIG', 'No step of the pipeline makes a prompt.', {
      hint: 'Add promptBuild() to the pipeline in milton.config.ts, below queue().',
    });
  }
  return { steps, withoutWeb };
}

/** Steps that decide whether a request is run, and not what it says; they have been tried out, or ask, or keep something. */
const GUARDS = new Set(['dedupe', 'authorise', 'limits', 'late', 'commands', 'approve']);

/** Whoever stands above queue() may give the request another text. */
const mayRewrite = (step: PipelineEntry): boolean => typeof step === 'function' || !GUARDS.has(step.plugin.name);

function slotsOf({ plugin }: Step, which: 'requires' | 'optional' | 'provides'): string[] {
  return ((plugin[which] ?? []) as readonly { readonly name: string }[]).map(({ name }) => name);
}

const needsWeb = (step: string, slot: string) =>
  new MiltonError('WEB_NEEDED', `${step}() also provides "${slot}", which the prompt needs.`, {
    hint: 'Run it with --web.',
  });

const refuseCommands = definePlugin({
  name: 'milton-prompt-refuse-commands',
  where: 'intake',
  optional: [command],
  setup: () => (run, next) => {
    const found = run.get(command);
    if (!found) return next();
    const title = `${found.name} is a phone command, and not a request`;
    return run.conclude({ outcome: 'failed', notice: { title, body: 'It is carried out without any agent.' } });
  },
});

const emptyBrief = definePlugin({
  name: 'milton-prompt-empty-brief',
  where: 'work',
  provides: [brief],
  setup: () => (run, next) => {
    run.set(brief, { by: LOCAL, offline: true, text: '', sources: [] });
    return next();
  },
});

const showPrompt = (made: (found: MadePrompt) => unknown) =>
  definePlugin({
    name: 'milton-prompt-show',
    where: 'work',
    requires: [prompt],
    optional: [outline],
    setup: () => (run) => {
      const told = run.get(outline);
      made({ prompt: run.get(prompt), ...(told ? { outline: told } : {}) });
      run.conclude({ outcome: 'done', notice: { title: 'The prompt is made' } });
    },
  })();
