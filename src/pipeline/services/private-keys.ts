const NAME = /(?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?/.source;
/** A block, or what is there of one whose end was cut off. */
const BLOCK = new RegExp(`-----BEGIN ${NAME}-----[^-]*(?:-(?!----)[^-]*)*(?:-----END [A-Z0-9 ]{0,60}-----)?`, 'g');
const HEADER = new RegExp(`^-----BEGIN ${NAME}-----`);
const LONGEST_HEADER = 128;
const END = new RegExp(`-----END ${NAME}-----`, 'g');
/** A line of base64, also in a diff or a quotation. */
const LINE = /^[\s+>-]{0,4}[A-Za-z0-9+/=]*\s*$/;

/** Hides private keys in PEM or PGP form, and what is left of one whose beginning or end was cut off. */
export function hidePrivateKeys(text: string, mask: string): string {
  if (!text.includes('PRIVATE KEY')) return text;
  let safe = '';
  let rest = text.replace(BLOCK, mask);
  // Whoever reads the end of a long output may begin in the middle of a key.
  for (let end = END.exec(rest); end !== null; END.lastIndex = 0, end = END.exec(rest)) {
    safe += `${withoutLines(rest.slice(0, end.index))}${mask}`;
    rest = rest.slice(end.index + end[0].length);
  }
  return safe + rest;
}

/** Where the last private key begins that has not ended in this text. */
export function openKeyAt(text: string): { readonly at: number; readonly header: string } | undefined {
  const at = text.lastIndexOf('-----BEGIN ');
  const header = at < 0 ? undefined : HEADER.exec(text.slice(at, at + LONGEST_HEADER))?.[0];
  return header === undefined || text.indexOf('-----', at + header.length) >= 0 ? undefined : { at, header };
}

/** Makes what tells of each line of an output whether it is a line of a private key, which alone looks like nothing. */
export function keyLines(): (line: string) => boolean {
  let open = false;
  return (line) => {
    const inside = open && LINE.test(line);
    open = inside || openKeyAt(line) !== undefined;
    return inside;
  };
}

/** A text without the lines of base64 at its end; they may stand in JSON. */
function withoutLines(text: string): string {
  const lines = text.split(/(\r?\n|\\n)/);
  while (lines.length > 1 && LINE.test(lines.at(-1)!)) lines.length -= 2;
  return lines.length === 1 && LINE.test(lines[0]!) ? '' : lines.join('');
}
