type Place = readonly [place: string, value: string];

/** A quotation mark, also in a text that is JSON in JSON. */
const QUOTE = /\\{0,3}["'`]/.source;
/** A value that is plainly none (`process.env.X`, `$X`, `<yours>`, what is hidden already) is let be. */
const REAL = /(?!process\.|import\.|[$<[{%*])/.source;
/** A word that may as well be an ordinary one counts only with a digit. */
const DIGIT = /(?=[^\s"'`]{0,80}\d)/.source;
const WORD = /[^\s"'`\\]{8,}/.source;
const BARE = /[\w+/=.~-]/.source;

const IS = `(?:${QUOTE})?\\s{0,3}[:=]\\s{0,3}(?:${QUOTE})?`;
const PARAMETERS = 'token|access_token|(?:api_?)?key|secret|password|sig(?:nature)?|x-amz-[a-z-]{4,20}';

/** Where credentials without a form of their own stand, and what they are made of there. */
const PLACES: readonly Place[] = [
  // Headers.
  [`authorization${IS}(?:bearer|basic|digest|token)\\s{1,3}`, `${REAL}${/[^\s"'`,;\\]{6,}/.source}`],
  [`authorization${IS}`, `${REAL}${DIGIT}${/[^\s"'`,;\\]{6,}/.source}`],
  [/bearer(?<=\bbearer)\s{1,3}/.source, /[A-Za-z0-9._~+/=-]{16,}/.source],
  [`cookie${IS}[\\w.-]{1,64}=`, WORD],
  // Addresses.
  [/:\/\/[^\s:@/"']{0,64}:/.source, /[^\s@/"']{1,256}(?=@)/.source],
  [`(?:[?&]|%3F|%26)(?:${PARAMETERS})(?:=|%3D)`, `${REAL}${/[^\s&"'#\\]{8,}/.source}`],
  // Files of npm, curl and docker.
  [`_auth(?:token)?\\s?=\\s?(?:${QUOTE})?`, `${REAL}${WORD}`],
  [/login(?<=\blogin)\s{1,4}\S{1,64}\s{1,4}password\s{1,4}/.source, /[^\s"'\\]{4,}/.source],
  [`"auth${QUOTE}\\s{0,3}:\\s{0,3}${QUOTE}`, /[A-Za-z0-9+/=]{12,}/.source],
];

const NAMES = 'pass(?:word|wd|phrase)|secret(?:[_-]?key)?|token|credential|(?:api|access|account|auth|private)[_-]?key';
/** Behind such a name: in quotes, after a colon, after an equals sign, as an option of a command. */
const ASSIGNED: readonly Place[] = [
  [`s?(?:${QUOTE})?\\s{0,3}:?[:=]\\s{0,3}${QUOTE}`, `${REAL}${DIGIT}${WORD}`],
  [/:\s{1,3}/.source, `${REAL}${DIGIT}${BARE}{16,200}`],
  [/\s?=\s?/.source, `${REAL}${DIGIT}${BARE}{12,200}(?![\\w([.])`],
  [/(?<=-[\w-]{1,20}) /.source, `${REAL}${DIGIT}${WORD}`],
];

const anyOf = (places: readonly Place[]) => places.map(([place, value]) => `(${place})${value}`).join('|');
const IN_PLACE = new RegExp(`${anyOf(PLACES)}|(${NAMES})(?:${anyOf(ASSIGNED)})`, 'gi');
const GROUPS = PLACES.length + 1 + ASSIGNED.length;

/** Variables are written in capitals, and their values need no digit. */
const VARIABLE =
  /((?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|ACCESS_KEY|PRIVATE_KEY)(?:_[A-Z0-9_]{1,20})?\s?=\s?["']?)(?!process\.|\$|<|\[)[^\s"'\\]{8,}/g;

/** No text without one of these has any. */
const HINT = /:\/\/|bearer|auth|cookie|secret|token|passw|passphrase|key|credential/i;

/** Hides what stands where a credential stands, and leaves the place. */
export function hideInPlaces(text: string, mask: string): string {
  if (!HINT.test(text)) return text;
  return text
    .replace(VARIABLE, (_, place: string) => `${place}${mask}`)
    .replace(IN_PLACE, (...found) => `${found.slice(1, GROUPS + 1).join('')}${mask}`);
}
