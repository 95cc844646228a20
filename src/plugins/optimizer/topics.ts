import type { TaskKind } from './task-kind.ts';

/** So many sentences are added, those first that guard what is hardest to mend. */
const MOST = 2;
/** So much of a request is looked at. */
const BEGINNING = 2_000;

const NEW: readonly TaskKind[] = ['feature'];
const BEHAVIOUR: readonly TaskKind[] = ['feature', 'fix'];
const CODE: readonly TaskKind[] = ['feature', 'fix', 'refactor'];

/** What a request may be about, by its words, and what must be true then; the most consequential first. */
const TOPICS: readonly (readonly [kinds: readonly TaskKind[], words: RegExp, criterion: string])[] = [
  [
    CODE,
    /\b(?:auth\w*|log(?:ged)?[ -]?in|login|logout|sign[ -]?(?:in|up)|sso|oauth|passwords?|passkeys?|permissions?|roles?|admins?|access control|tokens?|jwt|csrf|xss|injection|security|secure|vulnerabilit(?:y|ies))\b/i,
    'Attempts without being signed in, and without the right to it, are refused; a test shows each.',
  ],
  [
    CODE,
    /\b(?:migrat(?:e|es|ion|ions)|schema|database|columns?|backfill|existing (?:data|users|records|rows))\b/i,
    'Existing data survives: the change was tried on data of the old form, and running it twice does no harm.',
  ],
  [
    BEHAVIOUR,
    /\b(?:payments?|pay|checkout|invoices?|billing|prices?|refunds?|subscriptions?|currency|currencies)\b/i,
    'Amounts are exact to the smallest unit, and the same request sent twice takes effect once; a test shows both.',
  ],
  [
    CODE,
    /\b(?:race(?: conditions?)?|deadlocks?|concurren(?:t|cy|tly)|in parallel|simultaneous(?:ly)?|thread[ -]?safe(?:ty)?)\b/i,
    'A test runs it many times at once, and the result is right each time.',
  ],
  [
    CODE,
    /\b(?:performance|slow(?:er|ly)?|fast(?:er)?|speed(?: up)?|latency|optimi[sz]e|memory (?:usage|leaks?)|throughput|takes? (?:too|so) long)\b/i,
    'A figure that was measured in the same way before and after shows the gain, and stands in the report.',
  ],
  [
    BEHAVIOUR,
    /\b(?:api|apis|endpoints?|rest|routes?|webhooks?|https? (?:request|status)\w*)\b/i,
    'Success, wrong input, what is missing and what is forbidden each get the right status code and a body of one form; tests show them.',
  ],
  [
    BEHAVIOUR,
    /\b(?:uploads?|attachments?|file names?|import(?:s|ing)? (?:a |the )?(?:csv|files?|spreadsheets?|excel))\b/i,
    'Size, type and name of a file are checked before it is used; a name cannot lead out of its folder.',
  ],
  [
    BEHAVIOUR,
    /\b(?:forms?|inputs?|fields?|text ?box(?:es)?|validat(?:e|es|ion)|user enters?|type in)\b/i,
    'Missing, wrong and overlong input is refused with a message that says what to do, and nothing of it is stored.',
  ],
  [
    NEW,
    /\b(?:ui|button|page|screen|modal|dialog|menu|dropdown|sidebar|navbar|dashboard|widget|tooltip|dark mode|layout|frontend|chart)s?\b/i,
    'It can be used with the keyboard alone, has names for screen readers, and its empty, loading and failed states are looked after.',
  ],
  [
    NEW,
    /\b(?:cli|command[ -]line|flags?|subcommands?|terminal)\b/i,
    'Its help names it, wrong use ends with a message and another exit code than 0, and results go to standard output alone.',
  ],
  [
    BEHAVIOUR,
    /\b(?:dates?|time ?zones?|calendars?|schedul(?:e|es|ed|er|ing)|cron|reminders?|daylight saving)\b/i,
    'Time zones, the change to summer time and the ends of months are handled; tests do not depend on the current time.',
  ],
  [
    NEW,
    /\b(?:settings?|configuration|config|environment variables?|env vars?|options?)\b/i,
    'Without the new setting all is as before; a wrong value is refused with a message that names it.',
  ],
  [
    ['refactor'],
    /\b(?:upgrade|bump|update)\b.*\b(?:to|version|dependenc(?:y|ies)|packages?|librar(?:y|ies))\b/i,
    'The release notes between the two versions were read, and each breaking change that this code meets is dealt with.',
  ],
];

/** What must be true for what the request is about; none where its sort of work has no such sides. */
export function topicsOf(kind: TaskKind, text: string): string[] {
  const start = text.slice(0, BEGINNING);
  return TOPICS.filter(([kinds, words]) => kinds.includes(kind) && words.test(start))
    .slice(0, MOST)
    .map(([, , criterion]) => criterion);
}
