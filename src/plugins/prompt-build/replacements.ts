import { z } from 'zod';
import { nearest } from '../../pipeline/nearest.ts';
import type { Section } from './section.ts';
import { SECTIONS, type SectionName } from './sections.ts';

/** What a user puts in the place of sections; `false` leaves one out. */
export type Replacements = { readonly [Name in SectionName]?: Section | false };

const KNOWN = Object.keys(SECTIONS);
const EXPECTED = 'expected a function (input) => text, or undefined where it has nothing to say';

/** One section that a user has written. */
export const sectionFunction = z.custom<Section>((value) => typeof value === 'function', { error: EXPECTED });

/** Checked by hand, since what is wrong with a name is to be told with the names there are. */
export const replacements = z.custom<Replacements>().check(({ value, issues }) => {
  const wrong = (message: string, path: string[]) => issues.push({ code: 'custom', message, path, input: value });
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return void wrong(`expected sections by name, such as { security: (input) => '# Security\\n…' }`, []);
  }
  for (const [name, section] of Object.entries(value)) {
    if (!Object.hasOwn(SECTIONS, name)) wrong(unknown(name), []);
    else if (section !== undefined && section !== false && typeof section !== 'function') {
      wrong(`${EXPECTED}; or false to leave it out`, [name]);
    }
  }
});

function unknown(name: string): string {
  const meant = nearest(name, KNOWN);
  const known = `It knows ${KNOWN.join(', ')}; a new one goes into more`;
  return `there is no section "${name}". ${meant ? `Did you mean "${meant}"? ` : ''}${known}`;
}
