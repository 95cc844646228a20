import type { Repository } from '../../pipeline/services.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { verdict } from '../slots.ts';

/** Longer than any plain question. */
const MOST = 300;

/** What somebody asks who wants to know what there is, and not how it is here. */
const WORLDLY = [
  String.raw`(?:compare|pros and cons|advantages? of|alternatives? (?:to|for)|news|latest)\b`,
  String.raw`(?:what(?:'s| is| are) )?(?:the )?(?:difference|best|recommended|most (?:popular|common|used)|latest|newest|current (?:version|state)|state of the art|industry standard)\b`,
  String.raw`which (?:is|are) (?:better|faster|safer|simpler|best)\b`,
  String.raw`how (?:to|do (?:you|i|people|others|most|companies|teams)|does one|should one)\b`,
  String.raw`(?:which|what) (?:\w+ ){1,3}(?:is|are|fits?|should|would|can|could|do you|supports?|works?|has|have)\b`,
  String.raw`(?:who|which company) (?:maintains|makes|made|wrote|owns|is behind)\b`,
  String.raw`when (?:was|is|will|does) \w+(?: \w+)? (?:released|out|end|reach|deprecated|supported)\b`,
  String.raw`is \w+[\w. -]{0,30} (?:out|released|deprecated|dead|still (?:maintained|supported|a good choice)|maintained|supported|worth it|production ready|free|open source)\b`,
  String.raw`(?:is|are) there (?:an?|any|good) (?:\w+ ){0,2}(?:library|libraries|package|tool|service|alternative|framework|plugin|standard)s?\b`,
  String.raw`(?:should (?:i|one) (?:use|choose|learn|prefer))\b`,
];
const ASKS = new RegExp(
  `^(?:please |can you |could you )?(?:tell me |find out |look up |search for )?(?:${WORLDLY.join('|')})|\\b(?:vs\\.?|versus)\\s`,
  'i',
);

/** Products that are called like files. */
const PRODUCTS =
  /\b(?:node|next|nuxt|nest|vue|react|express|ember|three|d3|chart|solid|alpine|discord|socket)\.(?:js|io)\b/gi;
/** Words for what is at hand: "our login", "this project", "here". */
const OURS = /\b(?:ours?|my|mine|we|us|here|this|these|that|those|it|its|i've|used|existing|currently)\b/i;
const THINGS =
  /\b(?:the|each|every|any)\s+(?:\w+\s+){0,2}(?:code|codebase|repo|repository|project|app|application|service|backend|frontend|server|module|class|function|method|component|endpoint|route|schema|migration|tests?|build|pipeline|config|configuration|readme|branch|commit|login|page|user|database|dependenc(?:y|ies))s?\b/i;
/** Names that only code has: files, calls, camelCase, PascalCase of two words and more, snake_case. */
const CODE =
  /\b[\w-]+\.(?:[cm]?[jt]sx?|py|rs|go|java|kt|rb|php|cs|swift|sql|ya?ml|toml|json|md)\b|\w\(\)|\b[a-z]{2,}(?:[A-Z][a-z0-9]+)+\b|\b(?:[A-Z][a-z0-9]+){1,4}(?:Service|Controller|Manager|Provider|Handler|Repository|Factory|Store|View|Model|Client|Helper|Util|Test)s?\b|\b[a-z]+_[a-z_]+\b|`/;

/**
 * Whether a question is plainly about the world, so that a search of the web can answer it alone. A search cannot know this code: in
 * doubt somebody has to look there.
 */
export function isAboutTheWorld(
  { kind, named, text }: Pick<SlotValue<typeof verdict>, 'kind' | 'named' | 'text'>,
  repositories: readonly Pick<Repository, 'name'>[],
): boolean {
  if (kind !== 'RESEARCH' || named || text.length > MOST) return false;
  const asked = text.replace(/[’‘]/g, "'").replace(PRODUCTS, 'product').replace(/\s+/g, ' ').trim();
  const byName = repositories.some(({ name }) =>
    new RegExp(String.raw`(?<![\w-])${RegExp.escape(name)}(?![\w-])`, 'i').test(asked),
  );
  return !byName && ASKS.test(asked) && ![OURS, THINGS, CODE].some((sign) => sign.test(asked));
}
