/** A heading with lines under it, each a list item. */
export const list = (heading: string, lines: readonly string[]): string =>
  [`# ${heading}`, ...lines.map((line) => `- ${line}`)].join('\n');
