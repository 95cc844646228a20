/** So much of a text is looked at: what somebody wants stands at its beginning. */
const BEGINNING = 500;

/** What people say before they say what they want; each with the space after it. */
const OPENINGS = [
  '(?:hey|hi|hello|ok|okay|so|well|now|also|and|then|um|uh),? (?:(?:claude|codex|milton|there),? )?',
  '(?:please|kindly|just|quickly|maybe),? ',
  '(?:can|could|would|will) you |(?:can|could) we ',
  "(?:i|we)(?:'d| would)? (?:like|love|want|need)(?: you)? to ",
  '(?:i|we|you) (?:should|have to|must) |you need to ',
  "let'?s |let us |go ahead and |try to |make sure to |help me (?:to )?",
  '(?:your|the) task is to |task: ',
  String.raw`in (?:the |my |our |this )?(?:[\w./-]+ )?(?:repo|repository|project|codebase),? `,
  // A condition, unless it is a question.
  '(?:if|when(?! (?:is|are|do|does|did|was|were|will|can|should) )|whenever|after|before|once|in|on|for) [^,]{1,100}, (?:then )?',
];
const OPENING = new RegExp(`^(?:${OPENINGS.join('|')})+`);
/** Sentences that ask for nothing. */
const POLITE = /^(?:thanks|thank you|cheers|please)\b/;

/** The sentences of a request in small letters, without how they are opened; those that ask for nothing are left out. */
export function sentencesOf(text: string): string[] {
  const start = text.trim().slice(0, BEGINNING).toLowerCase().replace(/[’‘`]/g, "'");
  return start
    .split(/(?<=[.!?])\s+|\n+/)
    .map((sentence) => sentence.replace(/\s+/g, ' ').trim().replace(OPENING, ''))
    .filter((sentence) => /\w/.test(sentence) && !POLITE.test(sentence));
}
