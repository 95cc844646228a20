import type { Logger } from '../../pipeline/services.ts';

/** For what is looked at beside a running Milton: it has a log of its own. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };
