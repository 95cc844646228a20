import type { Random } from '../random.ts';

/** What terminals, logs and eyes are deceived with, and what they are woven from. */
const PIECES = [
  // Escape sequences, whole and as pieces: colours, the cursor, the title, the clipboard, links, devices.
  ...[
    '\x1b[31m',
    '\x1b[2J',
    '\x1b[1;1H',
    '\x1b]0;owned\x07',
    '\x1b]52;c;YQ==\x07',
    '\x1b]8;;http://evil.example\x1b\\',
  ],
  ...[
    '\x1bP1$r\x1b\\',
    '\x1b_a\x1b\\',
    '\x1bc',
    '\x1b(B',
    '\x1b',
    '\x1b[',
    '\x1b]',
    '\x9b',
    '\x9d',
    '\x90',
    '\x9c',
    '\x07',
  ],
  ...['[', ']', ';', '?', '0', '31', 'm', 'H', 'J', '\\', '\x1b\x1b[[m'],
  // Controls.
  ...['\x00', '\x08', '\x0b', '\x0c', '\r', '\n', '\t', '\r\n', '\x7f', '\x80', '\x85', '\x18', '\x1a'],
  // What turns the direction, and what nobody sees.
  ...['\u202e', '\u202a', '\u2066', '\u2069', '\u200e', '\u200f', '\u061c'],
  ...[
    '\u200b',
    '\u200c',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u034f',
    '\u115f',
    '\u3164',
    '\uffa0',
    '\u180e',
    '\u2063',
  ],
  ...['\ufe00', '\ufe0e', '\ufe0f', '\u{e0041}', '\u{e007f}', '\u{e0100}', '\u{e01ef}', '\u{1d173}', '\u{1bca0}'],
  ...['\u2028', '\u2029', '\ufff9', '\ufffb', '\ud83d', '\udcbb', '\udb40', '\udc41'],
  // Ordinary ones.
  ...[
    'a',
    'é',
    '日',
    '🎉',
    '💻',
    '👩',
    '🏽',
    '#',
    '1',
    '"',
    '{',
    '}',
    '`',
    '/home/me/a',
    '@@ -1 +1 @@',
    ' ',
    'key=',
    'ghp_',
  ],
];

/** A hostile text: some of these, and now and then any unit at all. */
export function nastyText(random: Random): string {
  const length = random.int(24);
  let text = '';
  for (let n = 0; n < length; n++) {
    text += random.int(8) === 0 ? String.fromCharCode(random.int(0x10000)) : random.pick(PIECES);
  }
  return text;
}
