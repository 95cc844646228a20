/** What of a request the model setting decides. `retired` = the setting names a model that no longer exists. */
export interface ModelChoice {
  readonly body: { readonly model: string } | { readonly preset: string };
  readonly retired?: string;
}

const PRESETS = [
  'fast',
  'low',
  'medium',
  'high',
  'xhigh',
  'wide-research',
  'fast-search',
  'pro-search',
  'deep-research',
];

/** The models of the API that was shut down, and the presets that come nearest to them. */
const RETIRED: ReadonlyMap<string, string> = new Map([
  ['sonar', 'fast'],
  ['sonar-pro', 'low'],
  ['sonar-reasoning', 'medium'],
  ['sonar-reasoning-pro', 'medium'],
  ['sonar-deep-research', 'high'],
]);

/** Understands PERPLEXITY_MODEL: a preset, a model (`perplexity/sonar`), or a model of the older API; unset means Sonar. */
export function chooseModel(setting: string | undefined): ModelChoice {
  const name = setting?.trim();
  if (!name) return { body: { model: 'perplexity/sonar' } };
  const successor = RETIRED.get(name.toLowerCase());
  if (successor) return { body: { preset: successor }, retired: name };
  return { body: PRESETS.includes(name.toLowerCase()) ? { preset: name.toLowerCase() } : { model: name } };
}
