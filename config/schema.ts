import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { MiltonConfig } from '../src/pipeline/config.ts';
import { nearest } from '../src/pipeline/nearest.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';

/** Types `milton.config.ts`: it returns what it is given. */
export function defineConfig(config: MiltonConfig): MiltonConfig {
  return config;
}

/** What somebody wrote where a part or a step belongs. */
function kindOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { '~milton': brand, kind } = value as { '~milton'?: unknown; kind?: unknown };
  return brand === 'step' ? 'step' : brand === 'part' ? String(kind) : undefined;
}

const PLACES: Readonly<Record<string, string>> = {
  transport: 'transports',
  store: 'store',
  agent: 'agents',
  step: 'pipeline',
};
const EXAMPLES: Readonly<Record<string, string>> = {
  transport: 'ntfy()',
  store: 'sqlite()',
  agent: 'claude()',
  step: 'research()',
};

const issue = (message: string, repair: string) => ({ code: 'custom' as const, message, params: { repair } });

/** A value that a factory of this kind returns. */
const made = (kind: 'transport' | 'store' | 'agent' | 'step') =>
  z.unknown().check(({ value, issues }) => {
    const found = kindOf(value);
    if (found === kind || (kind === 'step' && typeof value === 'function' && !('~milton' in value))) return;
    const article = kind === 'agent' ? 'an' : 'a';
    const expected = `expected ${article} ${kind} such as ${EXAMPLES[kind]}, got ${describe(value)}`;
    const repair =
      typeof value === 'function'
        ? 'Call it: write () behind its name'
        : found
          ? `Move it to ${PLACES[found]}`
          : `Write ${EXAMPLES[kind]} there`;
    issues.push({ ...issue(expected, repair), input: value });
  });

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'function') return 'a function that was not called';
  const kind = kindOf(value);
  if (kind) return `a ${kind}`;
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : JSON.stringify(value);
}

const list = <Item extends z.ZodType>(item: Item, example: string) =>
  z.array(item, { error: ({ input }) => `expected a list such as ${example}, got ${describe(input)}` });
const filled = (name: string, example: string) => ({
  error: `${name} is empty; expected something such as ${example}`,
});
const textual = (what: string) => z.string({ error: ({ input }) => `expected ${what}, got ${describe(input)}` });

const commandLine = z
  .union([z.string().trim().min(1), z.tuple([z.string().min(1)], z.string())], {
    error: ({ input }) => `expected a command such as 'npm test' or ['npm', 'test'], got ${describe(input)}`,
  })
  .optional();
/** Below the checkout, so that nothing else of the machine is copied. */
const relativePath = textual('the path of a file').refine(
  (path) =>
    path.trim() !== '' && !isAbsolute(path) && !path.split(/[\\/]/).some((part) => part === '..' || part === '.git'),
  { error: ({ input }) => `expected a path inside the checkout such as '.env.test', got ${describe(input)}` },
);

const repository = z.strictObject(
  {
    path: textual('the path of a git checkout'),
    agent: textual('the name of an agent').optional(),
    model: textual('the name of a model').optional(),
    permissionMode: textual('the name of a permission mode').optional(),
    copy: list(relativePath, "['.env.test']").optional(),
    prepare: commandLine,
    test: commandLine,
    isolation: z
      .enum(['worktree', 'in-place'], {
        error: ({ input }) => `expected 'worktree' or 'in-place', got ${describe(input)}`,
      })
      .optional(),
    confine: z.boolean({ error: ({ input }) => `expected true or false, got ${describe(input)}` }).optional(),
  },
  {
    error: ({ code, input }) =>
      code === 'invalid_type' ? `expected { path: '…' }, got ${describe(input)}` : undefined,
  },
);
const binding = z.custom(
  (value) => typeof value === 'object' && value !== null && 'token' in value && ('factory' in value || 'type' in value),
  { error: ({ input }) => `expected bind(Token, factory), got ${describe(input)}` },
);

const config = z.strictObject({
  repositories: z
    .record(z.string(), repository, {
      error: ({ input }) => `expected { app: { path: '…' } }, got ${describe(input)}`,
    })
    .refine((repositories) => Object.keys(repositories).length > 0, filled('it', '{ app: { path: env.TARGET_REPO } }')),
  transports: list(made('transport'), '[ntfy()]').min(1, filled('the list', '[ntfy()]')),
  store: made('store'),
  agents: list(made('agent'), '[claude()]').min(1, filled('the list', '[claude()]')),
  pipeline: list(made('step'), '[dedupe(), classify(), queue(), execute()]').min(1, filled('the list', 'dedupe()')),
  services: list(binding, '[bind(Clock, …)]').optional(),
  concurrency: z
    .int({ error: ({ input }) => `expected a whole number from 1 to 64, got ${describe(input)}` })
    .min(1, { error: 'expected 1 or more' })
    .max(64, { error: 'expected 64 or less' })
    .optional(),
});

/** What is wrong with the shape of a configuration; nothing is looked up on the disk. */
export function checkShape(value: unknown): Problem[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const what = `its default export is ${describe(value)}, not a configuration`;
    return [{ where: 'milton.config.ts', what, repair: 'Write: export default defineConfig({ … })' }];
  }
  // Compiling a schema takes longer than it saves where it is used once.
  const parsed = config.safeParse(value, { jitless: true });
  return parsed.success ? [] : parsed.error.issues.flatMap(problemsOf);
}

function problemsOf(found: z.core.$ZodIssue): Problem[] {
  const where = found.path
    .map((key, i) => (typeof key === 'number' ? `[${key}]` : i ? `.${String(key)}` : String(key)))
    .join('');
  if (found.code === 'unrecognized_keys') {
    const known = found.path[0] === 'repositories' ? Object.keys(repository.shape) : Object.keys(config.shape);
    return found.keys.map((key) => {
      const meant = nearest(key, known);
      const repair = `${meant ? `Did you mean "${meant}"? ` : ''}It knows ${known.join(', ')}`;
      return { where: where || 'milton.config.ts', what: `there is no field "${key}"`, repair };
    });
  }
  const repair = found.code === 'custom' ? found.params?.repair : undefined;
  return [
    { where, what: found.message, repair: typeof repair === 'string' ? repair : 'Correct it in milton.config.ts' },
  ];
}
