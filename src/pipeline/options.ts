import { z } from 'zod';

/** May be left out when it is written, because the environment supplies it before the schema sees that it is missing. */
type FromEnv<Schema extends z.ZodType> = z.ZodType<z.output<Schema>, z.input<Schema> | undefined> & {
  readonly _zod: { readonly optin: 'optional' };
};

const variables = z.registry<{ variable: string }>();

/**
 * An option whose default is an environment variable: option in the configuration, then environment, then the variable's own
 * default.
 * @example options: z.strictObject({ timeout: fromEnv('CLAUDE_TIMEOUT', z.number()) })
 */
export function fromEnv<Schema extends z.ZodType>(variable: string, schema: Schema): FromEnv<Schema> {
  // A fresh instance, since one schema object may serve several options.
  const own = schema.meta(schema.meta() ?? {});
  variables.add(own, { variable });
  return own as unknown as FromEnv<Schema>;
}

/** The environment variable an option's schema names, if any. */
export function variableOf(schema: z.ZodType): string | undefined {
  return variables.get(schema)?.variable;
}
