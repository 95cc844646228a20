import { jsonrepair } from 'jsonrepair';
import { type Notes, notes } from '../notes.ts';

/** Longer than any answer that was asked for, and than one that takes no time to be repaired. */
const MOST_CHARACTERS = 100_000;
const MOST_REPAIRED = 30_000;

/** Reads the structured answer; undefined where the model wrote plain text, or something else than it was asked for. */
export function readNotes(text: string): Notes | undefined {
  const start = text.indexOf('{');
  if (start < 0 || text.length > MOST_CHARACTERS) return undefined;
  const opening = text.slice(0, start).trimEnd();
  // Some put it into a fence of Markdown, think aloud before it, or say something around it.
  if (opening !== '' && !/(?:```(?:json)?|[:>])$/i.test(opening)) return undefined;
  const rest = text.slice(start);
  const whole = rest.slice(0, rest.lastIndexOf('}') + 1);
  // An answer that stopped at its length limit lacks its end. What is whole is not repaired: that might change it.
  return notes.safeParse(parsed(whole) ?? (rest.length > MOST_REPAIRED ? undefined : parsed(rest, jsonrepair))).data;
}

function parsed(json: string, repair = (text: string) => text): unknown {
  try {
    return JSON.parse(repair(json));
  } catch {
    return undefined;
  }
}

const HEADINGS = { pitfalls: 'Pitfalls', security: 'Security', tests: 'Tests', questions: 'Open' } as const;

/** The structured answer as plain text; `marksOf` gives the numbers that a fact's sources have in the list of sources. */
export function renderNotes(found: Notes, marksOf: (sources: readonly string[]) => readonly string[]): string {
  const facts = found.facts.map(({ claim, sources }) => {
    const marks = marksOf(sources)
      .map((n) => `[${n}]`)
      .filter((mark) => !claim.includes(mark));
    return `- ${claim.trim()}${marks.length > 0 ? ` ${marks.join('')}` : ''}`;
  });
  const lists = (Object.keys(HEADINGS) as (keyof typeof HEADINGS)[])
    .filter((name) => found[name].length > 0)
    .map((name) => `${HEADINGS[name]}:\n${found[name].map((line) => `- ${line.trim()}`).join('\n')}`);
  return [found.summary, facts.join('\n'), ...lists].filter((part) => part !== '').join('\n\n');
}
