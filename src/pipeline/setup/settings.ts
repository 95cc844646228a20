import { z } from 'zod';
import { nearest } from '../nearest.ts';
import { variableOf } from '../options.ts';
import type { Environment, Setting } from '../services.ts';
import type { Problem } from './problems.ts';

/** Where an option's value comes from. */
export type Origin = 'milton.config.ts' | Setting['origin'];

interface ResolvedOptions {
  /** Parsed; undefined when there are problems. */
  readonly options: unknown;
  readonly origins: ReadonlyMap<string, Origin>;
  readonly problems: readonly Problem[];
}

type Input = Readonly<Record<string, unknown>>;

/** Parses the options of one step or part, after filling in what the environment supplies. */
export function resolveOptions(
  where: string,
  schema: z.ZodType | undefined,
  input: Input,
  environment: Environment,
): ResolvedOptions {
  const known = schema ?? z.strictObject({});
  const shape = shapeOf(known);
  const origins = new Map<string, Origin>();
  const filled: Record<string, unknown> = { ...input };
  for (const [key, field] of Object.entries(shape)) {
    origins.set(key, input[key] === undefined ? 'default' : 'milton.config.ts');
    const variable = variableOf(field);
    const setting = variable === undefined ? undefined : environment.get(variable);
    if (setting === undefined || setting.value === undefined) continue;
    // What somebody types now (--dry-run) is meant to beat what the file says.
    if (input[key] !== undefined && setting.origin !== 'command line') continue;
    filled[key] = setting.value;
    origins.set(key, setting.origin);
  }
  // Compiling a schema takes longer than it saves where it is used once.
  const parsed = known.safeParse(filled, { jitless: true });
  if (parsed.success) return { options: parsed.data, origins, problems: [] };
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(where, issue, shape, origins));
  return { options: undefined, origins, problems };
}

/** The options an object schema knows, by name; none for other schemas. */
export function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> {
  return schema instanceof z.ZodObject ? (schema.shape as Record<string, z.ZodType>) : {};
}

type Issue = z.core.$ZodIssue;
type Shape = Readonly<Record<string, z.ZodType>>;

function problemsOf(where: string, issue: Issue, shape: Shape, origins: ReadonlyMap<string, Origin>): Problem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const place = path ? `${where}.${path}` : where;
    return issue.keys.map((key) => unknownOption(place, key, path ? [] : Object.keys(shape)));
  }
  const [key] = issue.path;
  const field = typeof key === 'string' ? shape[key] : undefined;
  const variable = field && variableOf(field);
  const origin = typeof key === 'string' ? origins.get(key) : undefined;
  if (variable && origin !== 'milton.config.ts') {
    return [
      { where: variable, what: `${issue.message} (read by ${where})`, repair: `Set ${variable}, or ${where}.${path}` },
    ];
  }
  return [{ where: path ? `${where}.${path}` : where, what: issue.message, repair: 'Correct it in milton.config.ts' }];
}

function unknownOption(where: string, key: string, known: readonly string[]): Problem {
  const meant = nearest(key, known);
  const list = known.length ? `It knows ${known.join(', ')}` : 'It takes none there';
  return { where, what: `there is no option "${key}"`, repair: meant ? `Did you mean "${meant}"? ${list}` : list };
}
