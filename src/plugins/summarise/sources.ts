import type { Brief, Verdict } from './judge.ts';

const SHOWN = 3;

/** The sources of an answer, those it cites first, in the order of their first mention. */
function inOrder(answer: string, { sources }: Brief): Brief['sources'] {
  const place = (n: string) => {
    const at = answer.indexOf(`[${n}]`);
    return at < 0 ? answer.length : at;
  };
  return sources.toSorted((a, b) => place(a.n) - place(b.n));
}

/** `[1] react.dev – Rules of Hooks`: the three sources that matter most, by the numbers that the answer uses. */
export function sourceLines(answer: string, known: Brief | undefined): readonly string[] {
  const sources = known ? inOrder(answer, known) : [];
  return sources.slice(0, SHOWN).map(({ n, title, url }) => {
    const host = URL.canParse(url) ? new URL(url).host : url;
    return `[${n}] ${host} – ${title}`;
  });
}

/** The button that opens the first source of an answer to a question. */
export function pagesOf({ kind }: Verdict, answer: string, known: Brief | undefined) {
  const [first] = kind === 'RESEARCH' && known ? inOrder(answer, known) : [];
  return first === undefined ? {} : { pages: [{ label: 'Sources', url: first.url }] };
}
