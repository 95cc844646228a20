import { z } from 'zod';
import { MiltonError } from '../../../pipeline/errors.ts';
import { fromEnv } from '../../../pipeline/options.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import { Fetch } from '../../../pipeline/services.ts';
import { INSTRUCTIONS } from '../instructions.ts';
import { NOTES_SCHEMA } from '../notes.ts';
import { defineResearcher, type Question, type Researcher } from '../researcher.ts';
import { baseOf } from '../responses-api/base-url.ts';
import { LONGEST_TRY, researchBy, type Service } from '../responses-api/service.ts';
import { chooseModel, type ModelChoice } from './models.ts';

const MAX_STEPS = { CODE: 3, RESEARCH: 5 } as const;

const HINTS: Service['hints'] = {
  400: 'Check PERPLEXITY_MODEL.',
  401: 'Check PERPLEXITY_API_KEY.',
  402: 'Check the credit of your Perplexity account.',
  403: 'Check PERPLEXITY_API_KEY and what your account may use.',
  404: 'Check PERPLEXITY_BASE_URL and PERPLEXITY_MODEL.',
  410: 'Milton needs an update: the Perplexity API has changed.',
  redirect: 'Check PERPLEXITY_BASE_URL: redirects are not followed.',
  slow: 'Raise PERPLEXITY_TIMEOUT for a model that thinks longer, or choose a quicker one: PERPLEXITY_MODEL=low.',
  page: 'Check PERPLEXITY_BASE_URL, and whether a proxy or login page stands in between.',
};

/** Research on the web through Perplexity's Agent API. */
export const perplexity = defineResearcher({
  name: 'perplexity',
  options: z.strictObject({
    apiKey: fromEnv('PERPLEXITY_API_KEY', z.string().optional()).describe(
      'without it, nobody is asked here, and the notice says so',
    ),
    baseUrl: fromEnv('PERPLEXITY_BASE_URL', z.url({ protocol: /^https?$/ })).describe(
      'https, unless it is on this machine',
    ),
    model: fromEnv('PERPLEXITY_MODEL', z.string().optional()).describe(
      'a model, or a preset: `fast`, `low`, `medium`, `high`, `xhigh`, `wide-research`. Unset, `perplexity/sonar`, which has to search. `sonar-pro` and its sisters still work, as the nearest preset',
    ),
    tryTimeout: fromEnv('PERPLEXITY_TIMEOUT', z.number().min(0).max(LONGEST_TRY)).describe(
      'the longest single try, in seconds, to the last byte of the answer; 0 = no limit',
    ),
    maxRetries: fromEnv('PERPLEXITY_MAX_RETRIES', z.int().min(0)).describe(
      'how often a failed try is repeated: after a pause of random length, or the one that the server asks for, up to 20 s',
    ),
  }),
  create({ name, options, get, logger }): Researcher {
    const { apiKey, tryTimeout, maxRetries } = options;
    const base = baseOf('PERPLEXITY_BASE_URL', options.baseUrl, apiKey);
    const choice = chooseModel(options.model);
    if (!apiKey) {
      const unusable = 'PERPLEXITY_API_KEY is not set.';
      return { name, unusable, research: () => Promise.reject(new MiltonError('RESEARCH', unusable)) };
    }
    return {
      name,
      variant: `${base} ${JSON.stringify(choice.body)}`,
      ...remarkOn(choice),
      research: researchBy({
        ...{ label: 'Perplexity', apiKey, tryTimeout, maxRetries, hints: HINTS },
        ...{ fetch: get(Fetch), logger, clean: cleaner(get(Redact)) },
        url: `${base}/v1/agent`,
        cancelUrl: (id) => `${base}/v1/agent/${encodeURIComponent(id)}/cancel`,
        body: (question, without) => bodyOf(question, choice, without),
        optional: { tool_choice: /tool_choice/, response_format: /response_format|json_schema/ },
      }),
    };
  },
});

function bodyOf({ task: { kind }, outgoing }: Question, { body }: ModelChoice, without: ReadonlySet<string>): object {
  // A preset brings its own.
  const search = {
    tools: [{ type: 'web_search', search_context_size: 'medium' }],
    // Else the model decides whether it searches at all.
    ...(without.has('tool_choice') ? {} : { tool_choice: 'required' }),
    max_steps: MAX_STEPS[kind],
  };
  const format = { type: 'json_schema', json_schema: { name: 'notes', schema: NOTES_SCHEMA, strict: true } };
  return {
    ...body,
    instructions: INSTRUCTIONS[kind],
    input: outgoing,
    ...('model' in body ? search : {}),
    ...(without.has('response_format') ? {} : { response_format: format }),
    max_output_tokens: 4000,
    stream: true,
    store: false,
  };
}

function remarkOn({ retired, body }: ModelChoice): Pick<Researcher, 'remark'> {
  if (retired === undefined || !('preset' in body)) return {};
  return { remark: `PERPLEXITY_MODEL=${retired} no longer exists; the preset "${body.preset}" was used.` };
}
