import type { Repository } from '../../pipeline/services.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { verdict } from '../slots.ts';

/** Longer than any plain question. */
const MOST = 200;

const WHAT = "(?:what(?:'s| is| are) )?(?:the |some )?";
/** What somebody asks who wants to know what there is in the world, and not how it is here. */
const WORLDLY = [
  `${WHAT}differences? between`,
  `${WHAT}(?:best|recommended|most (?:popular|widely used|common)|industry standard)\\b(?! (?:place|spot|file|folder|time|moment))`,
  `${WHAT}(?:latest|newest|current) (?:stable |lts |major )?(?:version|release)s? of [A-Z\\w]`,
  '(?:latest )?news (?:about|on|of)\\b',
  '(?:what are )?(?:the )?(?:pros and cons|advantages|disadvantages|drawbacks|alternatives) (?:of|to|for)\\b',
  '(?:which|what) (?:[\\w-]+ ){1,4}(?:is|are) (?:the )?(?:best|better|recommended|most popular)\\b',
  '(?:which|what) (?:[\\w-]+ ){1,3}(?:fits?|suits?|(?:do|would) you recommend|should (?:i|one) (?:use|choose|pick|learn))\\b',
  'should (?:i|one) (?:use|choose|learn|prefer|pick)\\b',
  'is [\\w. -]{1,40} (?:out|released|deprecated|discontinued|end of life|open source|still maintained)(?: yet| already)?\\??$',
  '(?:is|are) there (?:an? |any |some )?(?:good |maintained |popular )?(?:[\\w-]+ ){0,2}(?:library|libraries|package|alternative|framework|plugin)s? (?:for|to|that|which)\\b',
];
const ASKS = new RegExp(
  `^(?:please |can you |could you )?(?:tell me |find out |look up |search for )?(?:${WORLDLY.join('|')})|\\b(?:vs\\.?|versus)\\s`,
  'i',
);

/** Products that are called like files. */
const PRODUCTS =
  /\b(?:node|next|nuxt|nest|vue|react|express|ember|three|d3|chart|solid|alpine|discord|socket)\.(?:js|io)\b/gi;
/** Words for what is at hand: "our login", "this project", "here". */
const OURS =
  /\b(?:ours?|my|mine|we|us|here|this|these|that is|those|its|the (?:two|three|other|same|old|new)|used|using|existing|currently|installed|outdated)\b/i;
/** What a repository is made of, and what only this one can have. */
const THINGS =
  /\b(?:(?<!QR |bar)code(?!s)|codebase|repo|repository|project|endpoint|route|migration|branch|commit|pull request|module|function|method|component|class|schema|env(?:ironment)? variable|dependenc(?:y|ies)|test suite|flaky|stale|customer|todo|changelog|readme|staging|production)(?:s|es)?\b/i;
const NAMED =
  /\b(?:the|each|every|any|all)\s+(?:\w+\s+){0,2}(?:app|application|service|backend|frontend|server|tests?|build|pipeline|config|configuration|login|page|user|database|parser|admin|api|cache|queue|deploy|deployment)s?\b/i;
/** Names that only code has: files, calls, camelCase, snake_case, and PascalCase as classes have it. */
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
  return !byName && ASKS.test(asked) && ![OURS, THINGS, NAMED, CODE].some((sign) => sign.test(asked));
}
