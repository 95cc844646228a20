import { z } from 'zod';

const variables = z.registry<{ variable: string }>();

/**
 * An option whose default is an environment variable: option in the configuration, then environment, then the variable's own
 * default.
 * @example options: z.strictObject({ timeout: fromEnv('CLAUDE_TIMEOUT', z.number()) })
 */
export function fromEnv<Schema extends z.ZodType>(variable: string, schema: Schema): z.ZodDefault<Schema> {
  // A fresh instance, since one schema object may serve several options. It is typed as one with a default because the
  // environment supplies the value before the schema ever sees a missing one.
  const own = schema.meta(schema.meta() ?? {});
  variables.add(own, { variable });
  return own as unknown as z.ZodDefault<Schema>;
}

/** The environment variable an option's schema names, if any. */
export function variableOf(schema: z.ZodType): string | undefined {
  return variables.get(schema)?.variable;
}
