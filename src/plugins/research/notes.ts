import { jsonrepair } from 'jsonrepair';
import { z } from 'zod';

const lines = z.array(z.string()).catch([]);
const reference = z.union([z.string(), z.number().transform(String)]);

/** What a researching model is asked to answer with; what it leaves out is empty. */
export const notes = z.object({
  summary: z.string().trim().min(1),
  /** `sources`: the numbers of the search results that a claim rests on, or their addresses. */
  facts: z.array(z.object({ claim: z.string(), sources: z.array(reference).catch([]) })).catch([]),
  pitfalls: lines,
  security: lines,
  tests: lines,
  questions: lines,
});
export type Notes = z.output<typeof notes>;

const strings = (description: string) => ({ type: 'array', items: { type: 'string' }, description });

/** The same for the model, in the part of JSON Schema that the strict mode of the APIs takes. */
export const NOTES_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['summary', 'facts', 'pitfalls', 'security', 'tests', 'questions'],
  properties: {
    summary: { type: 'string', description: 'The answer itself, in two to five sentences, without marks of sources.' },
    facts: {
      type: 'array',
      description: 'What the answer rests on, most important first.',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['claim', 'sources'],
        properties: {
          claim: { type: 'string', description: 'One checkable sentence.' },
          sources: strings('The number n of each search result it comes from, or its address.'),
        },
      },
    },
    pitfalls: strings('What usually goes wrong, breaking changes of exactly these versions.'),
    security: strings('What an attacker would try, and what stops it.'),
    tests: strings('What to test.'),
    questions: strings('What could not be confirmed, or has to be decided by a person.'),
  },
} as const;

/** Longer than any answer that was asked for, and than one that takes no time to be repaired. */
const MOST_CHARACTERS = 100_000;
const MOST_REPAIRED = 30_000;

/** Reads the structured answer; undefined where the model wrote plain text, or something else than it was asked for. */
export function readNotes(text: string): Notes | undefined {
  const start = text.indexOf('{');
  if (start < 0 || text.length > MOST_CHARACTERS) return undefined;
  const opening = text.slice(0, start).trimEnd();
  // Some put it into a fence of Markdown, think aloud before it, or say something around it.
  if (opening !== '' && !/(?:```(?:json)?|[:>])$/i.test(opening)) return undefined;
  const rest = text.slice(start);
  const whole = rest.slice(0, rest.lastIndexOf('}') + 1);
  // An answer that stopped at its length limit lacks its end. What is whole is not repaired: that might change it.
  return notes.safeParse(parsed(whole) ?? (rest.length > MOST_REPAIRED ? undefined : parsed(rest, jsonrepair))).data;
}

function parsed(json: string, repair = (text: string) => text): unknown {
  try {
    return JSON.parse(repair(json));
  } catch {
    return undefined;
  }
}

const HEADINGS = { pitfalls: 'Pitfalls', security: 'Security', tests: 'Tests', questions: 'Open' } as const;

/** The structured answer as plain text; `marksOf` gives the numbers that a fact's sources have in the list of sources. */
export function renderNotes(found: Notes, marksOf: (sources: readonly string[]) => readonly string[]): string {
  const facts = found.facts.map(({ claim, sources }) => {
    const marks = marksOf(sources)
      .map((n) => `[${n}]`)
      .filter((mark) => !claim.includes(mark));
    return `- ${claim.trim()}${marks.length > 0 ? ` ${marks.join('')}` : ''}`;
  });
  const lists = (Object.keys(HEADINGS) as (keyof typeof HEADINGS)[])
    .filter((name) => found[name].length > 0)
    .map((name) => `${HEADINGS[name]}:\n${found[name].map((line) => `- ${line.trim()}`).join('\n')}`);
  return [found.summary, facts.join('\n'), ...lists].filter((part) => part !== '').join('\n\n');
}
