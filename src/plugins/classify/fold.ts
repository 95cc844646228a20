/** A text as a reader sees it: look-alike signs made plain, invisible ones gone. It can point back into the original. */
export interface Folded {
  readonly text: string;
  /** The part of the original that stands behind `text.slice(from, to)`. */
  original(from: number, to?: number): string;
}

const INVISIBLE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]|[\ufe00-\ufe0f]/;
const ALIKE: readonly (readonly [RegExp, string])[] = [
  [/[\u02d0\u2236\ua789\ufe13\ufe55]/, ':'],
  [/[\u2010-\u2015\u2212]/, '-'],
  [/[\u201c-\u201f\u00ab\u00bb]/, '"'],
  [/[\u2018-\u201b\u2039\u203a\u0060\u00b4]/, "'"],
  [/[\u3001]/, ','],
  [/[\u3002]/, '.'],
  [/[\u3010\u300c\u300e]/, '['],
  [/[\u3011\u300d\u300f]/, ']'],
];

/** Folds one UTF-16 unit: to '' where it is invisible, to its plain form where it has one. */
function foldUnit(unit: string): string {
  if (unit >= ' ' && unit <= '~') return unit === '`' ? "'" : unit;
  if (unit === '\n') return unit;
  if (INVISIBLE.test(unit)) return '';
  if (/\s/.test(unit)) return ' ';
  const wide = unit.charCodeAt(0);
  if (wide >= 0xff01 && wide <= 0xff5e) return String.fromCharCode(wide - 0xfee0);
  return ALIKE.find(([pattern]) => pattern.test(unit))?.[1] ?? unit;
}

/** Folds a text for reading what its beginning means. */
export function fold(raw: string): Folded {
  const places: number[] = [];
  let text = '';
  for (let index = 0; index < raw.length; index++) {
    const unit = foldUnit(raw[index]!);
    if (unit === '') continue;
    text += unit;
    places.push(index);
  }
  const place = (index: number) => places[index] ?? raw.length;
  return { text, original: (from, to = text.length) => raw.slice(place(from), place(to)) };
}
