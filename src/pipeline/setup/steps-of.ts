import type { PipelineEntry } from '../plugin.ts';
import type { Environment } from '../services.ts';
import type { StepOptions } from '../steps.ts';
import { resolveOptions } from './settings.ts';

/** The steps that are plugins, with their options as the configuration and the environment make them. */
export function stepsOf(pipeline: readonly PipelineEntry[], environment: Environment): readonly StepOptions[] {
  return pipeline.flatMap((entry) => {
    if (typeof entry !== 'object' || entry.plugin === undefined) return [];
    const { plugin, input, timeout } = entry;
    const { options } = resolveOptions(plugin.name, plugin.options, input, environment);
    return [{ plugin: plugin.name, options, timeout }];
  });
}
