import { wordsOf } from './scan.ts';

const LEAD = new Set(['the', 'my', 'of', 'for', 'on', 'request', 'job', 'task', 'run', 'number', 'id']);
const NUMBERS: Readonly<Record<string, string>> = { two: '2', three: '3', four: '4', five: '5', six: '6', seven: '7' };

/** No longer text names a request, however it is spelled. */
const LONGEST = 300;

/** The request a command names: `last`, or an id without `req_` ("K4 M2 XA", "request k4m2xa"); undefined when it is neither. */
export function readRequestId(text: string): string | undefined {
  if (text.length > LONGEST) return undefined;
  const words = wordsOf(text.replace(/[_.-]/g, ' '));
  while (words.length > 1 && LEAD.has(words[0]!)) words.shift();
  const [first, second] = words;
  if (first === 'last' || first === 'latest') {
    return words.length === 1 || (words.length === 2 && /^(one|request|job|task|run)$/.test(second!))
      ? 'last'
      : undefined;
  }
  const tagged = first === 'req' && words.length > 1;
  if (tagged) words.shift();
  if (tagged && words[0] === 'underscore') words.shift();
  return words.length === 1 ? idOf(words[0]!) : spokenId(words, tagged);
}

function idOf(word: string): string | undefined {
  const bare = word.replace(/^req(?=[a-z2-7]{6}$)/, '');
  return /^[a-z2-7]{6,16}$/.test(bare) ? bare : undefined;
}

/** Joins spelled pieces; they must be as short as spelling makes them, else "my order now" would be an id. */
function spokenId(words: readonly string[], tagged: boolean): string | undefined {
  const parts = words.map((word) => NUMBERS[word] ?? word);
  const joined = parts.join('');
  const longest = /[2-7]/.test(joined) ? 3 : 2;
  const spelled = parts.every((part) => part.length <= longest || /[2-7]/.test(part));
  return spelled && (tagged || joined.length === 6) ? idOf(joined) : undefined;
}
