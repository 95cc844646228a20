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
