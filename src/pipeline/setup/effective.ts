import type { z } from 'zod';
import type { MiltonConfig } from '../config.ts';
import { variableOf } from '../options.ts';
import { isPart, type Part } from '../part.ts';
import type { Environment } from '../services.ts';
import { type Origin, resolveOptions, shapeOf } from './settings.ts';

/** One option of one step or part, with the value it has and where that comes from. */
export interface EffectiveOption {
  readonly part: string;
  readonly option: string;
  /** A part is its name with `()`. */
  readonly value: unknown;
  readonly origin: Origin;
  /** The environment variable that is its default, if any. */
  readonly variable: string | undefined;
  readonly secret: boolean;
}

interface Configured {
  readonly name: string;
  readonly schema: z.ZodType | undefined;
  readonly input: Readonly<Record<string, unknown>>;
}

/** Every option of every transport, store, agent and step, and of the parts that steps hold, in the order of the configuration. */
export function effectiveOptions(config: MiltonConfig, environment: Environment): EffectiveOption[] {
  const steps = config.pipeline.filter((entry) => typeof entry === 'object');
  return [
    ...[...config.transports, config.store, ...config.agents],
    ...steps.map(({ plugin, as, input }) => ({ name: as ?? plugin.name, schema: plugin.options, input })),
  ].flatMap((each) => optionsOf(each, environment));
}

function optionsOf({ name, schema, input }: Configured, environment: Environment): EffectiveOption[] {
  const { options, origins } = resolveOptions(name, schema, input, environment);
  const held: Part[] = [];
  const own = Object.entries(schema ? shapeOf(schema) : {}).map(([option, field]): EffectiveOption => {
    const variable = variableOf(field);
    const value = (options as Record<string, unknown> | undefined)?.[option] ?? input[option];
    const parts = [value].flat().filter((one) => isPart(one));
    held.push(...parts);
    const secret = variable !== undefined && (environment.get(variable)?.secret ?? false);
    return {
      ...{ part: name, option, origin: origins.get(option) ?? 'default', variable, secret },
      value: parts.length > 0 ? parts.map((part) => `${part.name}()`) : value,
    };
  });
  return [...own, ...held.flatMap((part) => optionsOf(part, environment))];
}
