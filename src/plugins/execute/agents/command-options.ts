import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { cliOptions } from './cli-options.ts';
import { asksFor, entryProblem, type Template } from './command-template.ts';

const custom = (message: string, path: PropertyKey[], input: unknown) => ({
  ...{ code: 'custom' as const, message, path, input },
});

const word = z.string({ error: 'expected a word' });
const entry = z.union([word, z.array(word)], { error: 'expected a word or a list of words' });
const template = z.array(entry).check(({ value, issues }) => {
  for (const [index, each] of value.entries()) {
    const problem = entryProblem(each);
    if (problem) issues.push(custom(problem, [index], each));
  }
});
const argv = z.array(word).min(1, { error: 'expected at least one argument, such as --version' });

const fieldPath = z.string().regex(/^[^.=\s]+(\.[^.=\s]+)*$/, { error: 'expected a path of fields such as part.text' });
const condition = z.string().regex(/^[^.=\s]+(\.[^.=\s]+)*=/, { error: 'expected a condition such as type=text' });

/** What is counted of a run. */
export const NUMBERS = ['turns', 'tokens', 'costUsd'] as const;
const FIELDS = ['text', 'session', 'error', 'progress', ...NUMBERS] as const;
export type Field = (typeof FIELDS)[number];

/** The options of `commandAgent()`. */
export const commandOptions = z
  .strictObject({
    bin: z
      .string()
      .refine((bin) => bin !== '' && (isAbsolute(bin) || !bin.includes('/')), {
        error: 'expected the name of a program or an absolute path',
      })
      .describe('the program: a name to be found in `PATH`, or an absolute path; required'),
    label: z.string().min(1).optional().describe('what notices call it; its name unless given'),
    args: template.default([]).describe('its arguments, with placeholders'),
    readArgs: template
      .optional()
      .describe(
        'its arguments for RESEARCH, with which it must change no file; without them RESEARCH with it is refused',
      ),
    resumeArgs: template
      .optional()
      .describe(
        "added for CONTINUE, such as `['--session', '{{session}}']`; without them CONTINUE of its requests is refused",
      ),
    prompt: z
      .enum(['stdin', 'argument', 'file'])
      .default('stdin')
      .describe('how it gets the prompt: `stdin`, `argument` or `file`'),
    parser: z
      .enum(['text', 'json', 'jsonl'])
      .default('text')
      .describe('how its output is read: `text`, `json` (one object at the end) or `jsonl` (one object a line)'),
    paths: z
      .strictObject({
        text: fieldPath.optional(),
        session: fieldPath.optional(),
        error: fieldPath.optional(),
        progress: fieldPath.optional(),
        turns: fieldPath.optional(),
        costUsd: fieldPath.optional(),
        tokens: z.union([fieldPath, z.array(fieldPath)], { error: 'expected a path, or a list of them' }).optional(),
      })
      .default({})
      .describe(
        'where in an object to find `text` (the answer), `session`, `error`, `progress`, `turns`, `tokens` (one path or several, added up) and `costUsd`: `part.text`, `choices.0.text`',
      ),
    when: z
      .partialRecord(z.enum(FIELDS), condition)
      .default({})
      .describe("of which objects such a path counts: `{ text: 'type=text' }`; of all unless given"),
    sum: z
      .array(z.enum(NUMBERS))
      .default([])
      .describe(
        'which of `turns`, `tokens` and `costUsd` each object tells for itself, so that they are added up; of the others the last one counts',
      ),
    end: condition.optional().describe('what is true of the object that ends a run: `type=result`'),
    successCodes: z.array(z.int().min(0).max(255)).min(1).default([0]).describe('the exit codes that mean success'),
    stop: z
      .enum(['SIGINT', 'SIGTERM'])
      .default('SIGINT')
      .describe('what asks it to stop: `SIGINT` or `SIGTERM`. SIGTERM and SIGKILL follow for all that is left'),
    model: z.string().min(1).optional().describe('the value of `{{model}}`'),
    timeout: z.number().min(0).default(0).describe('the longest run in seconds; 0 = no limit'),
    probe: argv
      .optional()
      .describe("arguments that show whether it works, such as `['--version']`: it must exit with 0"),
    versionPattern: z
      .string()
      .refine(isPattern, { error: 'expected a regular expression' })
      .optional()
      .describe(
        'a regular expression that finds the version in what the probe prints, in its first group if it has one; the first `x.y.z` unless given',
      ),
    oldest: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/, { error: 'expected a version such as 1.18.0' })
      .optional()
      .describe('the oldest version that will do: `1.18.0`'),
    loginProbe: argv
      .optional()
      .describe('arguments with which it exits with another code than 0 where nobody is logged in'),
    loginHint: z.string().min(1).optional().describe('what to tell you then, as a sentence'),
    confined: z
      .boolean()
      .default(false)
      .describe(
        'whether it has a sandbox of its own for what it runs, which Milton cannot see. With it, `test` of a repository runs [in a sandbox](#the-sandbox-of-an-agent) as well; without one `approve()` asks about each CODE request for it from a server that strangers can reach',
      ),
    ...cliOptions,
  })
  .check(({ value, issues }) => {
    for (const { path, problem } of contradictions(value)) issues.push(custom(problem, path, value));
  });

export type CommandOptions = z.output<typeof commandOptions>;

const NEEDS = [
  ['oldest', 'probe'],
  ['versionPattern', 'oldest'],
  ['loginHint', 'loginProbe'],
] as const;

interface Contradiction {
  readonly path: PropertyKey[];
  readonly problem: string;
}

/** Options that do not go together: each would otherwise be passed over in silence. */
function contradictions(options: CommandOptions): readonly Contradiction[] {
  const { args, readArgs, parser, paths, when, sum, end } = options;
  const found: Contradiction[] = [...promptProblems(options, 'args', args)];
  if (readArgs) found.push(...promptProblems(options, 'readArgs', readArgs));
  if (parser === 'text') {
    const useless = { paths, when, sum, end: end === undefined ? [] : [end] };
    for (const [option, value] of Object.entries(useless)) {
      if (Object.keys(value).length === 0) continue;
      found.push({ path: [option], problem: 'it counts with parser: "json" or "jsonl" only' });
    }
  } else if (paths.text === undefined) {
    found.push({ path: ['paths', 'text'], problem: `parser "${parser}" needs it, to know which field is the answer` });
  }
  for (const field of [...(Object.keys(when) as Field[]), ...sum]) {
    if (parser === 'text' || paths[field] !== undefined) continue;
    found.push({ path: ['paths', field], problem: 'it is missing, and something is said of it' });
  }
  for (const [option, needed] of NEEDS) {
    if (options[option] === undefined || options[needed] !== undefined) continue;
    found.push({ path: [option], problem: `it needs ${needed} as well` });
  }
  return found;
}

function promptProblems({ prompt }: CommandOptions, option: string, given: Template): readonly Contradiction[] {
  const problems: string[] = [];
  if (asksFor(given, 'prompt') && prompt !== 'argument') {
    problems.push(`it holds {{prompt}}, so it needs prompt: "argument", not "${prompt}"`);
  }
  if (asksFor(given, 'promptFile') && prompt !== 'file') {
    problems.push(`it holds {{promptFile}}, so it needs prompt: "file", not "${prompt}"`);
  }
  if (prompt === 'file' && !asksFor(given, 'promptFile')) {
    problems.push('it holds no {{promptFile}}, which prompt: "file" needs');
  }
  return problems.map((problem) => ({ path: [option], problem }));
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
