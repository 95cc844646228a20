import { z } from 'zod';
import { fromEnv } from '../../../pipeline/options.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import { Fetch } from '../../../pipeline/services.ts';
import { INSTRUCTIONS } from '../instructions.ts';
import { NOTES_SCHEMA } from '../notes.ts';
import { defineResearcher, type Question, type Researcher } from '../researcher.ts';
import { baseOf } from '../responses-api/base-url.ts';
import { LONGEST_TRY, researchBy, type Service } from '../responses-api/service.ts';

const HINTS: Service['hints'] = {
  400: 'Check RESEARCH_MODEL, and whether the server knows web search: responses({ webSearch: false }) does without.',
  401: 'Check RESEARCH_API_KEY.',
  402: 'Check the credit of your account.',
  403: 'Check RESEARCH_API_KEY and what your account may use.',
  404: 'Check RESEARCH_BASE_URL, which usually ends in /v1, and RESEARCH_MODEL.',
  410: 'Check RESEARCH_BASE_URL and RESEARCH_MODEL: the server says that they are gone.',
  redirect: 'Check RESEARCH_BASE_URL: redirects are not followed.',
  slow: 'Raise tryTimeout of responses() for a model that thinks longer, or choose a quicker one.',
  page: 'Check RESEARCH_BASE_URL, and whether a proxy or login page stands in between.',
};

const options = z.strictObject({
  apiKey: fromEnv('RESEARCH_API_KEY', z.string().optional()).describe('where the server needs one'),
  baseUrl: fromEnv('RESEARCH_BASE_URL', z.url({ protocol: /^https?$/ })).describe(
    'the address that `/responses` is added to: `https://api.openai.com/v1`. Required; https where there is a key, unless it is on this machine',
  ),
  model: fromEnv('RESEARCH_MODEL', z.string().min(1)).describe('required'),
  webSearch: z
    .boolean()
    .default(true)
    .describe('whether it searches the web. With `false` the model says what it knows, for servers without search'),
  tryTimeout: z
    .number()
    .min(0)
    .max(LONGEST_TRY)
    .default(60)
    .describe('the longest single try, in seconds; 0 = no limit'),
  maxRetries: z.int().min(0).default(3).describe('how often a failed try is repeated'),
});
type Options = z.output<typeof options>;

/** Research through any server that speaks OpenAI's Responses API. */
export const responses = defineResearcher({
  name: 'responses',
  options,
  create({ name, options, get, logger }): Researcher {
    const { apiKey, tryTimeout, maxRetries, model, webSearch } = options;
    const base = baseOf('RESEARCH_BASE_URL', options.baseUrl, apiKey);
    return {
      name,
      variant: `${base} ${model} ${webSearch}`,
      research: researchBy({
        ...{ label: name === 'responses' ? new URL(base).host : name, apiKey, tryTimeout, maxRetries, hints: HINTS },
        ...{ fetch: get(Fetch), logger, clean: cleaner(get(Redact)) },
        url: `${base}/responses`,
        body: (question, without) => bodyOf(question, options, without),
        optional: {
          tool_choice: /tool_choice/,
          text: /text\.format|json_schema|response_format|(?:parameter|argument|field):? ['"`]?text\b/i,
        },
      }),
    };
  },
});

function bodyOf(
  { task: { kind }, outgoing }: Question,
  { model, webSearch }: Options,
  without: ReadonlySet<string>,
): object {
  const search = {
    tools: [{ type: 'web_search' }],
    // Else the model decides whether it searches at all.
    ...(without.has('tool_choice') ? {} : { tool_choice: 'required' }),
  };
  const format = { type: 'json_schema', name: 'notes', schema: NOTES_SCHEMA, strict: true };
  return {
    model,
    instructions: INSTRUCTIONS[kind],
    input: outgoing,
    ...(webSearch ? search : {}),
    ...(without.has('text') ? {} : { text: { format } }),
    // Models that think before they write count that as well.
    max_output_tokens: 8000,
    stream: true,
    store: false,
  };
}
