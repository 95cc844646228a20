import type { JobView } from '../../pipeline/store/job-store.ts';
import type { Run } from '../command-line/command.ts';
import { prepare } from '../installation/prepare.ts';
import { look, type Status } from './look.ts';
import { showStatus } from './show-status.ts';

/** `milton status`: what a running Milton does, seen from beside it. */
export const status: Run = async ({ flags, terminal }) => {
  const prepared = await prepare(flags);
  const found = await look(prepared);
  if (flags.json) terminal.printJson(asJson(found));
  else showStatus(found, terminal);
  if (prepared.problems.length > 0) terminal.talk('The configuration has problems: run milton check');
  return 0;
};

function asJson({ daemon, connections, heardAt, active, queued, held, last, budgets, costs }: Status): object {
  const brief = ({ id, lane, state, createdAt, startedAt, message }: JobView) => {
    return { id, lane, state, text: message.text, createdAt, startedAt };
  };
  return {
    v: 1,
    running: daemon !== undefined,
    ...(daemon ? { daemon } : {}),
    connections,
    ...(heardAt === undefined ? {} : { heardAt: new Date(heardAt).toISOString() }),
    active: active.map(({ doing, ...job }) => ({ ...brief(job), ...(doing === undefined ? {} : { doing }) })),
    queued: queued.map(brief),
    held: held.map(brief),
    ...(last ? { last: brief(last) } : {}),
    budgets,
    today: costs,
  };
}
