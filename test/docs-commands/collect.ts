import { codes, pages, read, withoutBlocks } from '../support/pages.ts';

/** What begins a command line within a sentence; the name of a program alone is none. */
const TYPED =
  /^(?:(?:milton|npm|node|git|sudo|chmod|ntfy|claude|codex|systemctl|journalctl|loginctl) \S|scripts\/\S+ |\.ci\/run$)/;

/** The command lines of a page, each once, without comments. */
function linesOf(page: string): readonly string[] {
  const text = read(page);
  const fenced = [...text.matchAll(/^ *```sh\n([\s\S]*?)^ *```$/gm)].flatMap(([, block]) => block!.split('\n'));
  const typed = fenced.map((line) => line.replace(/\s+#.*$/, '').trim()).filter((line) => line !== '');
  return [...typed, ...codes(withoutBlocks(text)).filter((code) => TYPED.test(code))];
}

/** In a clone the command line is called by npm, which builds it first; what is run is the same. */
const asInstalled = (line: string) =>
  line
    .replace(/^npm run (?:--silent )?milton -- /, 'milton ')
    .replace(/^npm start\b/, 'milton start')
    .replace(/^npm run demo\b(?: --)?/, 'milton demo');

/** Every command line that the pages show, and where. The changelog tells what was, so that it is none of them. */
export function shownLines(): ReadonlyMap<string, readonly string[]> {
  const shown = new Map<string, string[]>();
  for (const page of pages.filter((one) => one !== 'CHANGELOG.md')) {
    for (const line of new Set(linesOf(page).map(asInstalled))) shown.set(line, [...(shown.get(line) ?? []), page]);
  }
  return shown;
}
