/**
 * Anything that could be wrong with a text: C0 and C1 controls except tab and newline, soft hyphen, Arabic letter mark,
 * Mongolian vowel separator, zero-width and bidirectional marks, line separators, byte order mark, interlinear annotations,
 * tag characters, supplementary variation selectors, and surrogates, which alone are no character.
 */
const SUSPECT =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb]/;

/** CSI, then OSC, DCS, SOS, PM and APC up to their end, then any other escape sequence. Each scan ends at the next escape. */
const SEQUENCES =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;
const LINE_ENDS = /\r\n?|[\u2028\u2029]/g;
const INVISIBLE =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu;
/** A zero-width joiner is kept only where it joins two pictures into one. */
const STRAY_JOINER =
  /(?<!\p{Extended_Pictographic}[\ufe0f\u{1f3fb}-\u{1f3ff}]?)\u200d|\u200d(?!\p{Extended_Pictographic})/gu;

/** Makes a foreign text safe to show: no escape sequences, no control, invisible or direction-changing characters. */
export function sanitise(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text
    .toWellFormed()
    .replace(SEQUENCES, '')
    .replace(LINE_ENDS, '\n')
    .replace(INVISIBLE, '')
    .replace(STRAY_JOINER, '');
}
