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
    /** The program: a name to be found in PATH, or an absolute path, since it is started in the folder of the work. */
    bin: z.string().refine((bin) => bin !== '' && (isAbsolute(bin) || !bin.includes('/')), {
      error: 'expected the name of a program or an absolute path',
    }),
    label: z.string().min(1).optional(),
    args: template.default([]),
    /** In place of `args` where it may only read; without them it is no agent for RESEARCH. */
    readArgs: template.optional(),
    /** Added where a conversation goes on, whose name is `{{session}}`; without them it cannot. */
    resumeArgs: template.optional(),
    prompt: z.enum(['stdin', 'argument', 'file']).default('stdin'),
    /** How its output is read: as text, as one JSON object, or as one JSON object a line. */
    parser: z.enum(['text', 'json', 'jsonl']).default('text'),
    /** Where in an object of its output to find what. */
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
      .default({}),
    /** Of which objects the paths count; of all where absent. */
    when: z.partialRecord(z.enum(FIELDS), condition).default({}),
    /** Numbers that each object tells for itself, so that they are added up. */
    sum: z.array(z.enum(NUMBERS)).default([]),
    /** What is true of the object that says that the run is over. */
    end: condition.optional(),
    successCodes: z.array(z.int().min(0).max(255)).min(1).default([0]),
    /** What asks it to stop. */
    stop: z.enum(['SIGINT', 'SIGTERM']).default('SIGINT'),
    model: z.string().min(1).optional(),
    /** Seconds; 0 = none. */
    timeout: z.number().min(0).default(0),
    /** Arguments with which it only shows that it works. */
    probe: argv.optional(),
    /** Finds the version in what the probe prints; its first group, where it has one. */
    versionPattern: z.string().refine(isPattern, { error: 'expected a regular expression' }).optional(),
    oldest: z
      .string()
      .regex(/^\d+\.\d+\.\d+$/, { error: 'expected a version such as 1.18.0' })
      .optional(),
    /** Arguments with which it ends with another exit code than 0 where the login is missing. */
    loginProbe: argv.optional(),
    loginHint: z.string().min(1).optional(),
    /** Whether it keeps what it runs from the rest of the machine by itself; Milton only believes it. */
    confined: z.boolean().default(false),
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
