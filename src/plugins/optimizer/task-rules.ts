import type { TaskKind } from './task-kind.ts';

/** What may follow the thing that is asked for; after any other word it only names another: `a test button`. */
const END = String.raw`(?=$|[.,;:!?]|\s(?:for|of|to|in|on|at|by|with|that|which|about|around|against|covering|from|into|and|so|when|where|after|before|as|again|too|please)\b)`;
/** Words before it, but none that leads to another thing: `a few more`. */
const FEW = String.raw`(?:(?:unit|integration|e2e) and |end[ -]to[ -]end |(?!(?:with|and|including|plus|for|to|that|in|on|of|where|when)\b)[\w'-]+ ){0,4}?`;
const WRITE =
  '(?:add|write|create|improve|increase|extend|expand|raise|generate|complete|update|rewrite|(?:we |i )?need)';
const TESTS = `(?:tests?|specs|test cases?|test suite|(?:test|code) coverage)${END}`;
const PAGE =
  'readme(?:\\.md)?|docs|documentation|changelog(?: entry)?|docstrings?|[jt]sdoc|javadoc|(?:getting[ -]started|user|developer|installation|setup) guide';
const TEXTS = `(?:${PAGE}|(?:code|inline|doc|[jt]sdoc) comments?|comments (?:to|in|for) (?:the|all|our|my) (?:\\S+ )?(?:code|functions|methods|classes|modules|files))(?: section| page)?${END}`;

/** Faults by themselves, and what is one only where nobody asks for something new with it. */
const FAULT = String.raw`\b(?:bugs?|broken|crash(?:es|ed|ing)?|regressions?|hangs?|freezes?|stuck|leaks?|flaky|(?:\w+n'?t|not) work(?:s|ing)?|works? again|stop(?:s|ped)? \w+ing)\b`;
const COMPLAINT = String.raw`\b(?:fail(?:s|ed|ing)?|wrong(?:ly)?|incorrect(?:ly)?|errors?|exceptions?|throws?|no longer|unable to|can't|cannot|doesn't|isn't|instead of|times? out|overlaps?|randomly|off by|(?:50|40)\d)\b`;

/** What tells that something is not as it should be. */
export const FAULTY = new RegExp(`${FAULT}|${COMPLAINT}`);

/** What people see of a fault, when they tell of it rather than ask for something. */
const SYMPTOM =
  /\b(?:(?:does|do|did|returns?|shows?|finds?) nothing|(?:nobody|no one|none of (?:us|them)) can|(?:arrives?|appears?|happens?|runs?|charged|sent) twice|(?:closes?|disappears?|ends?|exits?) (?:immediately|by itself)|not \w+ing|since (?:yesterday|today|the last|last|this)|(?:is|are|gets?|became) (?:(?:really|very|too|so) )?(?:slow|red|gone|missing|cut off))\b|^(?:users?|customers?|people|some|they) (?:report|complain|say)\b|^(?:(?:the|all|my|our) )?\w+ (?:is|are) (?:shown|displayed|rendered|printed|rounded)\b/;

/** What makes something new or other, whatever else the sentence says. */
const CHANGES =
  'add|allow|build|cache|change|connect|count|create|delete|design|detect|develop|disable|display|enable|export|expose|extend|filter|format|generate|give|handle|hide|highlight|ignore|implement|import|improve|include|increase|integrate|introduce|let|limit|list|load|log|lower|make|mark|notify|offer|open|optimi[sz]e|print|put|record|reduce|remove|render|replace|report|reset|retry|return|save|schedule|send|set|show|skip|sort|speed up|store|style|support|switch|track|translate|turn|update|use|validate|warn|write';

/** Expressions for a sentence in small letters without its opening; the first that fits says what sort of work it asks for. */
export const RULES: readonly (readonly [TaskKind, RegExp])[] = [
  ['docs', new RegExp(`^(?:${WRITE}|fix|correct|proofread|translate|polish|shorten) ${FEW}${TEXTS}`)],
  ['docs', /^\w+ .*\b(?:in|to|into) the (?:readme|changelog)\b/],
  ['docs', /^(?:fix|correct) .*\b(?:typos?|spelling|grammar|wording)\b.*\b(?:docs|documentation|comments)\b/],
  [
    'docs',
    /^(?:(?:document|comment) (?:the|how|all|every|each|this|our|my|what|why)|(?:describe|explain) .* in the (?:docs|documentation))\b/,
  ],
  ['docs', /^(?:the |our )?(?:readme|docs|documentation|changelog)\b(?! (?:site|build|generator))/],
  ['test', new RegExp(`^(?:${WRITE}|speed up|stabili[sz]e) ${FEW}${TESTS}`)],
  ['test', new RegExp(`^make ${FEW}tests (?:faster|quicker|deterministic|independent|more|less|pass)\\b`)],
  ['test', new RegExp(`^(?:(?:more|unit|e2e|integration|regression) ){0,3}${TESTS}(?!.*(?:${FAULTY.source}))`)],
  [
    'test',
    /^(?:test (?:the|that|whether|if|all|every|each|our|this|how)|cover .* (?:with|by) .*\b(?:tests|specs)|(?:increase|improve|raise) (?:the )?coverage)\b/,
  ],
  [
    'fix',
    /^(?:fix|repair|solve|resolve|investigate|diagnose|troubleshoot|(?:debug|correct) (?:the|this|why|an?|our|my|it|all)|(?:find|figure) out why|look into why)\b/,
  ],
  [
    'feature',
    /^(?:move|rename) .*\b(?:button|label|title|tab|menu|link|heading|icon|logo|field|left|right|top|bottom)\b/,
  ],
  [
    'refactor',
    /^(?:refactor|rename|move|split|simplify|restructure|reorgani[sz]e|modulari[sz]e|decouple|consolidate|inline|tidy|clean ?up|dedup(?:e|licate)|migrate|upgrade|bump)\b/,
  ],
  ['refactor', /^(?:replace \S+ with (?:\S+|(?:native|plain|built-?in) .*)|switch from \S+ to \S+)$/],
  ['refactor', /^extract (?!.*\bfrom\b(?!.*\binto\b))/],
  [
    'refactor',
    /^(?:(?:update|upgrade) (?:all |the |our )*(?:dependencies|packages|libraries)|(?:remove|delete|reduce|get rid of) .*\b(?:dead|unused|duplicated?|duplication|redundant)|make the code|convert .* to (?:typescript|hooks|async|es modules))\b/,
  ],
  ['fix', new RegExp(`^(?:make|get|stop|prevent|avoid|ensure|update|change|remove) .*${FAULT}`)],
  ['feature', new RegExp(`^(?:${CHANGES})\\b`)],
  ['fix', FAULTY],
  ['fix', SYMPTOM],
];
