import { costsSince } from '../../plugins/usage/costs.ts';
import { dayOf } from '../../plugins/usage/ledger.ts';
import type { Run } from '../command-line/command.ts';
import { wholeNumber } from '../command-line/whole-number.ts';
import { observe } from '../installation/observe.ts';
import { prepare } from '../installation/prepare.ts';
import { costTable } from './cost-table.ts';

const DAYS = 7;

/** `milton cost`: what requests have cost, as far as agents and research services tell it. */
export const cost: Run = async ({ flags, terminal }) => {
  const days = wholeNumber('days', flags.days, { usual: DAYS, most: 3_660 });
  const now = new Date();
  const since = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days + 1).valueOf();
  await using store = observe(await prepare(flags));
  const costs = store ? await costsSince(store, since) : [];
  if (flags.json) {
    terminal.printJson({ v: 1, since: dayOf(since), costs });
    return 0;
  }
  for (const line of costTable(costs)) terminal.print(line);
  if (costs.length === 0) terminal.talk(`No request has begun since ${dayOf(since)}.`);
  return 0;
};
