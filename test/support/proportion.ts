const LENGTH = 1_000_000;
const ORDINARY = 'What a plain text/word it is 🎉. ';
/** Some systems count the time of the processor in ticks of 4 ms, so that a short work may seem to have taken none; in µs. */
const LEAST = 2_000;
/** Ratios above this are measured again, since a busy machine makes some; quadratic ones reach thousands. */
const DOUBTFUL = 15;

/** How many times as long a function takes for a megabyte of one thing than for one of ordinary words. */
export function proportionOf(work: (text: string) => unknown, ordinary = ORDINARY): (part: string) => number {
  const time = (part: string) => {
    const text = part.repeat(Math.ceil(LENGTH / part.length)).slice(0, LENGTH);
    // Of the processor, since others may have it meanwhile.
    const began = process.cpuUsage();
    work(text);
    return process.cpuUsage(began).user;
  };
  const reference = Math.max(LEAST, Math.min(...[1, 2, 3].map(() => time(ordinary))));
  return (part) => {
    let ratio = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < 3 && ratio > DOUBTFUL; tries++) ratio = Math.min(ratio, time(part) / reference);
    return ratio;
  };
}
