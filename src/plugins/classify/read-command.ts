import { nearest } from './nearest.ts';
import type { CommandName, Reading } from './reading.ts';
import { readRequestId } from './request-id.ts';
import { shouted, withoutEnd, wordsOf } from './scan.ts';
import { COMMANDS, ORDINARY, SYNONYMS } from './words.ts';

const OPENING = /^[\s"'([{*_<]*/;
const CLOSING = /[\s"')\]}*_>.,;!?]/;
const HEAD =
  /^(?:(?:please|can you|could you|would you)\s+){0,3}(\p{L}+)(\s*:|\s*[.,;!?]|\s+colon\b)?(?:\s+|$|(?<=:))(.*)$/isu;
const ASKED = /^(?:what's|whats|what is|show|show me|give me|tell me)\s+(?:the\s+|my\s+|your\s+)?(status|queue)$/i;
const POLITE = /[\s,](?:please|now)$/i;
const FILLERS =
  /^(?:the|my|that|this|it|me|all|everything|current|running|one|request|requests|job|jobs|task|run|now|please|with|commands|report|again|up)$/;

/** The id of a question that a run has asked. */
const QUESTION_ID = /^q[a-z2-7]{4,}\b/i;

/**
 * Reads a message as a phone command. A sentence that only begins like one ("Cancel button should be red") is none; a
 * mistyped command ("CANCLE k4m2xa") is a near miss.
 */
export function readCommand(text: string): Reading | undefined {
  const bare = withoutEnd(text.slice(OPENING.exec(text)![0].length), CLOSING);
  const asked = ASKED.exec(bare)?.[1];
  if (asked) return { is: 'command', name: COMMANDS.get(asked.toLowerCase())!, argument: '' };
  const head = HEAD.exec(bare);
  if (!head) return undefined;
  const [, word = '', separator = '', written = ''] = head;
  const polite = POLITE.exec(written);
  const rest = polite ? withoutEnd(written.slice(0, polite.index), /[\s,]/) : written;
  const explicit = /:|colon/i.test(separator) || shouted(word, rest);
  const name = COMMANDS.get(word.toLowerCase());
  if (name === 'ANSWER') {
    return explicit || QUESTION_ID.test(rest) ? { is: 'command', name, argument: rest.trim() } : undefined;
  }
  if (name) {
    const called = explicit || wordsOf(rest).length === 1 || hasArgument(name, rest);
    return called ? { is: 'command', name, argument: argumentOf(rest) } : undefined;
  }
  const meant = nearMiss(word.toLowerCase(), rest, explicit);
  if (!meant) return undefined;
  const argument = readRequestId(rest) === undefined ? '' : argumentOf(rest);
  if (argument === '' && meant === 'CANCEL' && SYNONYMS.has(word.toLowerCase())) {
    return { is: 'command', name: meant, argument };
  }
  return { is: 'unclear', why: 'near miss', word, meant: `${meant} ${argument}`.trim() };
}

/** Whether what follows the word is what follows a command, not the rest of a sentence. */
function hasArgument(name: CommandName | undefined, rest: string): boolean {
  const words = wordsOf(rest);
  if (words.every((word) => FILLERS.test(word)) || readRequestId(rest) !== undefined) return true;
  if (name !== 'HELP' && words.length <= 5 && words.some((word) => /^(?=.*\d)(?:req_?)?[a-z2-7]{6}$/.test(word)))
    return true;
  if (words.length > 4) return false;
  if (words.length === 2 && /^(?:request|job|task|run|number|id)$/.test(words[0]!)) return true;
  return (
    /^(?:requests?|jobs?|task|run|one)$/.test(words.at(-1)!) || (name === 'STATUS' && /^(?:of|on|for)$/.test(words[0]!))
  );
}

function argumentOf(rest: string): string {
  return wordsOf(rest).every((word) => FILLERS.test(word)) ? '' : (readRequestId(rest) ?? rest);
}

function nearMiss(word: string, rest: string, explicit: boolean): CommandName | undefined {
  const words = wordsOf(rest);
  const synonym = SYNONYMS.get(word);
  if (synonym) return hasArgument(synonym, rest) ? synonym : undefined;
  const close = COMMANDS.get(nearest(word, [...COMMANDS.keys()]) ?? '');
  if (!close || words.length === 0) return close;
  if (ORDINARY.has(word)) return readRequestId(rest) === undefined ? undefined : close;
  return explicit || words.length === 1 || hasArgument(close, rest) ? close : undefined;
}
