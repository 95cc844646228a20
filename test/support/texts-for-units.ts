import fc from './property.ts';

/** A text of what a path or an argument may hold, and units make something of; no NUL, which no argument can have. */
export const unitText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...[
          '"',
          "'",
          '\\',
          '%',
          '%h',
          '$',
          '$HOME',
          '$' + '{HOME}',
          ' ',
          '\t',
          '\n',
          ';',
          '#',
          '=',
          '-',
          '~',
          '@',
          '\x7f',
        ],
      ),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));

/** Some of them, always the same. */
export const awkward = (count: number) => fc.sample(unitText, { numRuns: count, seed: 7 });
