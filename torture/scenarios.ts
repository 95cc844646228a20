import type { Scenario } from './scenario.ts';
import { run as duplicates } from './scenarios/duplicates.ts';
import { run as fuzz } from './scenarios/fuzz.ts';
import { run as halfOpen } from './scenarios/half-open.ts';
import { run as kill } from './scenarios/kill.ts';
import { run as replay } from './scenarios/replay.ts';
import { run as restarts } from './scenarios/restarts.ts';
import { run as scheduled } from './scenarios/scheduled.ts';
import { run as status } from './scenarios/status.ts';
import { run as storm } from './scenarios/storm.ts';

/** Every scenario by its name, in the order in which they run. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  storm,
  'half-open': halfOpen,
  restarts,
  replay,
  duplicates,
  scheduled,
  status,
  kill,
  fuzz,
};

/** Those for which one server is as good as another. */
export const ONCE: ReadonlySet<string> = new Set(['fuzz']);
