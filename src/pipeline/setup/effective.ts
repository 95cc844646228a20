import type { MiltonConfig } from '../config.ts';
import { variableOf } from '../options.ts';
import type { Environment } from '../services.ts';
import { type Origin, resolveOptions, shapeOf } from './settings.ts';

/** One option of one step or part, with the value it has and where that comes from. */
export interface EffectiveOption {
  readonly part: string;
  readonly option: string;
  readonly value: unknown;
  readonly origin: Origin;
  /** The environment variable that is its default, if any. */
  readonly variable: string | undefined;
  readonly secret: boolean;
}

/** Every option of every transport, store, agent and step, in the order of the configuration. */
export function effectiveOptions(config: MiltonConfig, environment: Environment): EffectiveOption[] {
  const parts = [...config.transports, config.store, ...config.agents];
  const steps = config.pipeline.filter((entry) => typeof entry === 'object');
  return [
    ...parts.map(({ name, schema, input }) => ({ name, schema, input })),
    ...steps.map(({ plugin, as, input }) => ({ name: as ?? plugin.name, schema: plugin.options, input })),
  ].flatMap(({ name, schema, input }) => {
    const { options, origins } = resolveOptions(name, schema, input, environment);
    return Object.entries(schema ? shapeOf(schema) : {}).map(([option, field]): EffectiveOption => {
      const variable = variableOf(field);
      const value = (options as Record<string, unknown> | undefined)?.[option] ?? input[option];
      const secret = variable !== undefined && (environment.get(variable)?.secret ?? false);
      return { part: name, option, value, origin: origins.get(option) ?? 'default', variable, secret };
    });
  });
}
