import type { Logger } from '../../../pipeline/services.ts';
import type { HealthState } from '../../health.ts';
import type { Announcer } from '../announcer.ts';
import type { Deafness } from '../hearing/deafness.ts';
import type { NtfyOptions } from '../options.ts';
import type { CursorKeeper } from '../position/cursor-keeper.ts';
import type { Position } from '../position/position.ts';
import type { OpenStream } from '../server/open-stream.ts';

/** All that listening needs. `path` is what is subscribed to; `now` the machine's clock, in ms since the epoch. */
export interface ListeningParts {
  readonly openStream: OpenStream;
  readonly path: string;
  readonly options: NtfyOptions;
  readonly position: Position;
  readonly keeper: CursorKeeper;
  readonly health: HealthState;
  readonly deafness: Deafness;
  readonly announcer: Announcer;
  readonly logger: Logger;
  readonly now: () => number;
}
