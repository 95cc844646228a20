const AUXILIARY = '(?:do|does|did|is|are|was|were|has|have|can|could|should|would|will)';

const QUESTIONS = [
  "(?:why|how come|(?:what|how|where|who|which)'s)",
  `(?:how|what|which|who|where|when) ${AUXILIARY}`,
  String.raw`(?:how|what|which) (?:many|much|often|long|happens|kind of|causes|makes|uses?|\w+ (?:${AUXILIARY}|uses?))`,
  '(?:is|are) there|do (?:we|you|they|i)|should (?:we|i)',
  // No question in form, but an answer is all that is wanted.
  'explain|tell me|give me an? (?:summary|overview|explanation)|show me (?:how|where|why|what)|walk me through|find out (?:how|what|where|whether|if|which)',
  '(?:describe|summari[sz]e|analy[sz]e|review) (?:the|this|our|my|how|what|all)',
  'check (?:if|whether)(?!.* (?:before|when|and)\\b)|look (?:at|into|through) .* and (?:tell|explain|say)',
  "(?:i(?:'d| would)? (?:want|like) to )?(?:know|understand) (?:how|what|where|why|whether|if|which)|i wonder",
];
const QUESTION = new RegExp(`^(?:${QUESTIONS.join('|')})\\b|^${AUXILIARY}\\b.*\\?$`);

/** What else is wanted with it: a change, or a text in the repository. */
const MORE =
  /\b(?:and|then) (?:fix|repair|solve|add|change|update|make|implement|write|improve|remove|refactor)\b|\b(?:in|to) the (?:readme|docs|documentation|changelog)\b/;

/** Whether a sentence, in small letters, wants an answer and nothing else. */
export const isQuestion = (sentence: string): boolean => QUESTION.test(sentence) && !MORE.test(sentence);
