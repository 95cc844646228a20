const LENGTH = 1_000_000;
const ORDINARY = 'What a plain text/word it is 🎉. ';

/** How many times as long a function takes for a megabyte of one thing than for one of ordinary words; quadratic ones reach thousands. */
export function proportionOf(work: (text: string) => unknown): (part: string) => number {
  const time = (part: string) => {
    const text = part.repeat(Math.ceil(LENGTH / part.length)).slice(0, LENGTH);
    const began = performance.now();
    work(text);
    return performance.now() - began;
  };
  const ordinary = Math.min(...[1, 2, 3].map(() => time(ORDINARY)));
  return (part) => time(part) / ordinary;
}
