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

/** What is said of one repository. */
export const repository = z.strictObject(
  {
    path: textual('the path of a git checkout').describe(
      'the folder of a git checkout with at least one commit (`~` is your home folder, relative means relative to the file)',
    ),
    agent: textual('the name of an agent').optional().describe('the agent used there unless a request names one'),
    model: textual('the name of a model')
      .optional()
      .describe('the model that agent uses there instead of its own option, in its own words'),
    permissionMode: textual('the name of a permission mode')
      .optional()
      .describe('likewise what that agent may do there without asking'),
    copy: list(relativePath, "['.env.test']")
      .optional()
      .describe(
        "files that git ignores and the work needs, such as `['.env.test']`: each request's own copy of the repository gets them. What git does not ignore is refused, since it would be committed",
      ),
    prepare: commandLine.describe(
      "run in each fresh copy before the agent begins: `'npm ci'`. Where it fails, the agent is not started",
    ),
    test: commandLine.describe(
      "run by Milton after an agent that says it is done: `'npm test'`. The last notice says what came of it. Where the tests fail, they are run on the commit the work began at as well, which tells what the agent broke from what was broken",
    ),
    isolation: z
      .enum(['worktree', 'in-place'], {
        error: ({ input }) => `expected 'worktree' or 'in-place', got ${describe(input)}`,
      })
      .optional()
      .describe(
        "`'worktree'` unless set. With `'in-place'` the agent works in the checkout itself, on a new branch that stays checked out; refused where the checkout has uncommitted changes. Questions are answered from a copy all the same",
      ),
    confine: z
      .boolean({ error: ({ input }) => `expected true or false, got ${describe(input)}` })
      .optional()
      .describe(
        '`true` unless set. With `false`, `test` and `prepare` run outside of [the sandbox](#the-sandbox-of-an-agent) also where they run what an agent has written: with your files and network. For tests that need the network, Docker, a running database or caches to write to',
      ),
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

/** The shape of what `defineConfig` is given. */
export const config = z.strictObject({
  repositories: z
    .record(z.string(), repository, {
      error: ({ input }) => `expected { app: { path: '…' } }, got ${describe(input)}`,
    })
    .refine((repositories) => Object.keys(repositories).length > 0, filled('it', '{ app: { path: env.TARGET_REPO } }'))
    .describe(
      'what a request may name as `@app`; the first one is the default. Names have lower-case letters, digits, `-` and `_`. See [Repositories](#repositories)',
    ),
  transports: list(made('transport'), '[ntfy()]')
    .min(1, filled('the list', '[ntfy()]'))
    .describe('where messages come from; notices go back the same way'),
  store: made('store').describe('where requests live between the phone and the work'),
  agents: list(made('agent'), '[claude()]')
    .min(1, filled('the list', '[claude()]'))
    .describe('who does the work; the first one is the default'),
  pipeline: list(made('step'), '[dedupe(), classify(), queue(), execute()]')
    .min(1, filled('the list', 'dedupe()'))
    .describe('the steps, in order, with exactly one `queue()`'),
  services: list(binding, '[bind(Clock, …)]')
    .optional()
    .describe('replaces built-in services, or adds some for your own plugins: see [plugins.md](plugins.md#services)'),
  concurrency: z
    .int({ error: ({ input }) => `expected a whole number from 1 to 64, got ${describe(input)}` })
    .min(1, { error: 'expected 1 or more' })
    .max(64, { error: 'expected 64 or less' })
    .optional()
    .describe('how many requests may be worked on at once, 1 to 64; 4 unless set. Two of the same lane never are'),
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
