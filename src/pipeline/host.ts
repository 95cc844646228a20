import type { Part } from './part.ts';
import type { Logger } from './services.ts';
import type { Get } from './token.ts';

/** What a plugin, transport, store or agent is given when it is set up. */
export interface Host<Options = unknown> {
  /** Parsed options; those that name an environment variable are already filled from it. */
  readonly options: Options;
  readonly logger: Logger;
  /** Looks a service up. */
  readonly get: Get;
  /** Runs when Milton stops, in reverse order of set-up. */
  onClose(cleanup: () => void | Promise<void>): void;
  /** Sets up a part that an option holds, its options and their environment variables included. What is wrong with it stops the start. */
  make<Product>(part: Part<Product>): Promise<Product>;
}
