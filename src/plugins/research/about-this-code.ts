import type { SlotValue } from '../../pipeline/slot.ts';
import type { verdict } from '../slots.ts';

/** Products that are called like files. */
const PRODUCTS =
  /\b(?:node|next|nuxt|nest|vue|react|express|ember|three|d3|chart|solid|alpine|discord|socket)\.(?:js|io)\b/gi;
/** Words for what is at hand: "our login", "this project", "here". */
const OURS = /\b(?:ours?|my|mine|we|us|here|this|these)\b/i;
const THINGS =
  /\b(?:the|each|every|any)\s+(?:\w+\s+){0,2}(?:code|codebase|repo|repository|project|app|application|service|backend|frontend|server|module|class|function|method|component|endpoint|route|schema|migration|tests?|build|pipeline|config|configuration|readme|branch|commit)s?\b/i;
/** Asks for what is there, not for what there is in the world. */
const LOOKING =
  /^(?:please\s+)?(?:how\s+(?:do(?:es)?|is|are|did|was|were)\b(?!\s+(?:i|you|people|others|most)\b)|where\b|why\b|what\s+(?:happens|calls|uses|breaks|changed|does)\b|walk\b|show\b|trace\b|review\b|audit\b|(?:find|list)\s+(?:all|every|where|out\b)|(?:explain|describe|summari[sz]e)\s+(?:the|how|why|where)\b)/i;
/** Names that only code has: files, calls, camelCase, snake_case. */
const CODE =
  /\b[\w-]+\.(?:[cm]?[jt]sx?|py|rs|go|java|kt|rb|php|cs|swift|sql|ya?ml|toml|json|md)\b|\w\(\)|\b[a-z]{2,}(?:[A-Z][a-z0-9]+)+\b|\b[a-z]+_[a-z_]+\b|`/;

/**
 * Whether a question is about the code at hand, so that somebody has to look there: a search of the web cannot know it. In doubt
 * it is; only a plain question about the world is answered from the web alone. `repositories` are the names people may use.
 */
export function isAboutThisCode(
  { named, text }: Pick<SlotValue<typeof verdict>, 'named' | 'text'>,
  repositories: readonly string[],
): boolean {
  if (named) return true;
  const asked = text.slice(0, 2000).replace(PRODUCTS, '').trim();
  const byName = repositories.some((name) =>
    new RegExp(String.raw`(?<![\w-])${RegExp.escape(name)}(?![\w-])`, 'i').test(asked),
  );
  return byName || [OURS, THINGS, LOOKING, CODE].some((sign) => sign.test(asked));
}
