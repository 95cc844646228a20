import type { Count } from './scenario.ts';

/** A scenario on one server. */
export interface Row {
  readonly scenario: string;
  readonly version: string;
  readonly counts: readonly Count[];
  readonly kept: boolean;
  readonly seconds: number;
}

/** The results as a markdown table. */
export function table(rows: readonly Row[]): string {
  const lines = rows.map(({ scenario, version, counts, kept, seconds }) => {
    const counted = counts.map(({ what, value, broken }) => (broken ? `**${what} ${value}**` : `${what} ${value}`));
    return `| ${scenario} | ${version} | ${counted.join(' · ')} | ${kept ? 'kept' : '**BROKEN**'} | ${seconds.toFixed(0)} s |`;
  });
  return ['| scenario | ntfy | counted | promises | time |', '|---|---|---|---|---|', ...lines].join('\n');
}
