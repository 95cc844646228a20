import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { promptPipeline } from '../../src/cli/prompt/prompt-pipeline.ts';
import { definePlugin, type PipelineEntry } from '../../src/pipeline/plugin.ts';
import { queue } from '../../src/pipeline/queue.ts';
import { slot } from '../../src/pipeline/slot.ts';
import { classify } from '../../src/plugins/classify/classify.ts';
import { dedupe } from '../../src/plugins/dedupe.ts';
import { execute } from '../../src/plugins/execute/execute.ts';
import { promptBuild } from '../../src/plugins/prompt-build/prompt-build.ts';
import { brief, prompt, verdict } from '../../src/plugins/slots.ts';

const links = slot('links', z.string());
const asks = definePlugin({ name: 'asks', requires: [verdict], provides: [brief], setup: () => () => {} });
const both = definePlugin({ name: 'both', requires: [verdict], provides: [brief, links], setup: () => () => {} });
const linked = definePlugin({ name: 'linked', requires: [brief, links], provides: [prompt], setup: () => () => {} });

const cut = (pipeline: readonly PipelineEntry[], web = false) => promptPipeline(pipeline, { web, made: () => {} });
const names = ({ steps }: ReturnType<typeof promptPipeline>) =>
  steps.map((step) => (typeof step === 'function' ? step.name : (step.as ?? step.plugin.name)));

describe('the steps that make a prompt', () => {
  const whole = [dedupe(), classify(), queue(), async () => {}, asks({ as: 'web' }), promptBuild(), execute()];

  test('without the one that asks the web', () => {
    const found = cut(whole);
    expect(names(found)).toEqual([
      ...['classify', 'milton-prompt-refuse-commands', 'queue', 'milton-prompt-empty-brief', 'prompt-build'],
      'milton-prompt-show',
    ]);
    expect(found.withoutWeb).toBe('web');
  });

  test('with whatever may rewrite the request above queue()', () => {
    const scrub = definePlugin({ name: 'scrub', setup: () => () => {} });
    const inline = async () => {};
    expect(names(cut([dedupe(), scrub(), inline, classify(), queue(), promptBuild()])).slice(0, 4)).toEqual([
      ...['scrub', 'inline', 'classify', 'milton-prompt-refuse-commands'],
    ]);
  });

  test('with one empty brief in the place of several', () => {
    const { steps } = cut([classify(), queue(), asks(), asks({ as: 'again' }), promptBuild()]);
    expect(names({ steps, withoutWeb: undefined }).filter((name) => name === 'milton-prompt-empty-brief')).toHaveLength(
      1,
    );
  });

  test('with it where it is asked for', () => {
    const found = cut(whole, true);
    expect(names(found)).toContain('web');
    expect(found.withoutWeb).toBeUndefined();
  });

  test('are none without one that writes it', () => {
    expect(() => cut([classify(), queue(), asks()])).toThrow('No step of the pipeline makes a prompt.');
  });

  test('need the web where the same step finds out something else that the prompt is made of', () => {
    const pipeline = [classify(), queue(), both(), linked()];
    expect(() => cut(pipeline)).toThrow('both() also provides "links", which the prompt needs.');
    expect(names(cut(pipeline, true))).toEqual(expect.arrayContaining(['both', 'linked']));
  });
});
