import type { TaskKind } from './task-kind.ts';

/** So many sentences are added, those first that guard what is hardest to mend. */
const MOST = 2;
/** So much of a request is looked at. */
const BEGINNING = 2_000;

const NEW: readonly TaskKind[] = ['feature'];
const BEHAVIOUR: readonly TaskKind[] = ['feature', 'fix'];
const CODE: readonly TaskKind[] = ['feature', 'fix', 'refactor'];

/** A sentence about looks or words is about nothing else, whatever it names: `the typo on the login page`. */
const LOOKS =
  /\b(?:typos?|colou?rs?|layout|overlap\w*|align\w*|renam\w+|titles?|labels?|wording|css|styl(?:es?|ing)|icons?|fonts?)\b|\bmove\b.*\b(?:left|right|top|bottom|up|down)\b/i;
/** What is done to a thing for it to matter what the thing is. */
const ADD = 'add|build|create|implement|introduce|design|offer|support|need|want';
const CHANGE = `${ADD}|let|allow|change|replace|require|protect|restrict|remove|rewrite|refactor|fix|extend`;

const named = (words: string) => new RegExp(String.raw`\b(?:${words})\b`, 'i');
const done = (verbs: string, words: string) => new RegExp(String.raw`\b(?:${verbs})\b.*\b(?:${words})\b`, 'i');

/** What a request may be about, by its words, and what must be true then; the most consequential first. */
const TOPICS: readonly (readonly [kinds: readonly TaskKind[], words: RegExp, criterion: string])[] = [
  [
    CODE,
    done(
      CHANGE,
      'auth|authentication|authori[sz]ation|log[ -]?in|logout|sign[ -]?(?:in|up)|sso|oauth|passwords?|passkeys?|permissions?|admins?|access control|jwt|csrf|xss|injection|vulnerabilit(?:y|ies)',
    ),
    'Where the change decides who may do what: attempts without being signed in, and without the right to it, are refused; a test shows each.',
  ],
  [
    CODE,
    /\bmigrate (?!from\b|to\b)|\b(?:migrations?|backfill|existing (?:data|users|records|rows))\b|\b(?:add|drop|remove|change|alter)\b.*\b(?:schema|columns?)(?=$|[.,;:!?]|\s(?:for|to|in|from|of|on|with|that|called|named)\b)/im,
    'Where stored data changes its form: existing data survives, the change was tried on data of the old form, and running it twice does no harm.',
  ],
  [
    BEHAVIOUR,
    named('payments?|checkout|invoices?|billing|prices?|refunds?|subscriptions?|currency|currencies'),
    'Where money is counted or moved: amounts are exact to the smallest unit, and the same request sent twice takes effect once; a test shows both.',
  ],
  [
    CODE,
    named('race conditions?|deadlocks?|concurren(?:t|cy|tly)|in parallel|simultaneous(?:ly)?|thread[ -]?safe(?:ty)?'),
    'A test runs it many times at once, and the result is right each time.',
  ],
  [
    CODE,
    named(
      'performance|slow(?:er|ly)?|faster|speed up|latency|optimi[sz]e|memory (?:usage|leaks?)|throughput|takes? (?:too|so) long',
    ),
    'A figure that was measured in the same way before and after shows the gain, and stands in the report.',
  ],
  [
    BEHAVIOUR,
    named('apis?(?! (?:keys?|docs|clients?|documentation))|endpoints?|webhooks?|https? (?:request|status)\\w*'),
    'Where others call it: success, wrong input, what is missing and what is forbidden each get the right status code and a body of one form; tests show them.',
  ],
  [
    BEHAVIOUR,
    named('uploads?|attachments?|import(?:s|ing)? (?:a |the )?(?:csv|files?|spreadsheets?|excel)'),
    'Size, type and name of a file are checked before it is used; a name cannot lead out of its folder.',
  ],
  [
    BEHAVIOUR,
    done(`${ADD}|validate|check`, 'forms?|inputs?|fields?|text ?box(?:es)?|validation'),
    'Missing, wrong and overlong input is refused with a message that says what to do, and nothing of it is stored.',
  ],
  [
    NEW,
    done(
      ADD,
      '(?:ui|button|page|screen|modal|dialog|menu|dropdown|sidebar|navbar|dashboard|widget|tooltip|dark mode|frontend|chart)s?',
    ),
    'It can be used with the keyboard alone, has names for screen readers, and its empty, loading and failed states are looked after.',
  ],
  [
    NEW,
    done(ADD, 'cli|command[ -]line|flags?|subcommands?'),
    'Its help names it, wrong use ends with a message and another exit code than 0, and results go to standard output alone.',
  ],
  [
    BEHAVIOUR,
    named('dates?|time ?zones?|calendars?|schedul(?:e|es|ed|er|ing)|cron|reminders?|daylight saving'),
    'Time zones, the change to summer time and the ends of months are handled; tests do not depend on the current time.',
  ],
  [
    NEW,
    done(ADD, 'settings?(?! (?:page|screen|menu|button))|configuration|config|environment variables?|env vars?'),
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
  const sentences = text.slice(0, BEGINNING).split(/(?<=[.!?])\s+|\n+/);
  const start = sentences.filter((sentence) => !LOOKS.test(sentence)).join('\n');
  return TOPICS.filter(([kinds, words]) => kinds.includes(kind) && words.test(start))
    .slice(0, MOST)
    .map(([, , criterion]) => criterion);
}
