const PAIRS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '<': '>' };

/** The signs that close what these signs opened. */
export function closingOf(open: string): string {
  return [...open]
    .reverse()
    .map((sign) => PAIRS[sign] ?? sign)
    .join('');
}

/** Where a text that was opened before `start` ends: before its closing signs, unless they belong to the text itself. */
export function closedAt(text: string, start: number, closing: string): number {
  const end = text.trimEnd().length - closing.length;
  const whole =
    closing !== '' &&
    end >= start &&
    text.startsWith(closing, end) &&
    balanced(text.slice(start, end), closing.at(-1)!);
  return whole ? end : text.length;
}

function balanced(text: string, close: string): boolean {
  const signs = text.replace(/(?<=\p{L})'(?=\p{L})/gu, '');
  const open = Object.keys(PAIRS).find((sign) => PAIRS[sign] === close);
  const count = (sign: string) => signs.split(sign).length - 1;
  return open === undefined ? count(close) % 2 === 0 : count(open) === count(close);
}
