import { amountOf } from '../../plugins/usage/amounts.ts';
import { type Cost, sum } from '../../plugins/usage/costs.ts';
import { safe, table } from '../command-line/terminal.ts';

const HEADS = ['Day', 'Repository', 'Agent', 'Requests', 'Cost', 'of it research', 'Tokens'];
/** From here on the columns are numbers. */
const NUMBERS = 3;

/** Costs as a table, with what they come to; none where there are none. `days`: whether it has a column of days. */
export function costTable(costs: readonly Cost[], { days = true } = {}): readonly string[] {
  if (costs.length === 0) return [];
  const total = costs.reduce<Cost | undefined>((all, each) => sum(all, each), undefined)!;
  const rows = [HEADS, ...costs.map(rowOf)];
  if (costs.length > 1) rows.push(rowOf({ ...total, day: 'Total', repository: days ? '' : 'Total', agent: '' }));
  return table(rightAligned(rows).map((row) => (days ? row : row.slice(1))));
}

const dollars = (amount: number | undefined) => (amount === undefined ? '–' : amountOf('costUsd', amount));

function rowOf({ day, repository, agent, runs, costUsd, researchUsd, tokens }: Cost): string[] {
  const names = [day, safe(repository), safe(agent)];
  return [...names, String(runs), dollars(costUsd), dollars(researchUsd), tokens?.toLocaleString('en') ?? '–'];
}

function rightAligned(rows: readonly (readonly string[])[]): string[][] {
  const width = (at: number) => Math.max(...rows.map((row) => row[at]!.length));
  return rows.map((row) => row.map((cell, at) => (at < NUMBERS ? cell : cell.padStart(width(at)))));
}
