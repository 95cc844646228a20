import { join } from 'node:path';
import { z } from 'zod';
import { defineStore } from '../part.ts';
import { Clock, Folders } from '../services.ts';
import { openStore } from './sqlite/open-store.ts';

export { type Holder, holder } from './sqlite/lock.ts';
export { type Look, lookInto } from './sqlite/look.ts';
export { openStore } from './sqlite/open-store.ts';

/** The file's name in the state folder. */
export const DATABASE = 'milton.db';

/** Keeps requests in one SQLite file; `file` is `milton.db` in the state folder when absent. */
export const sqlite = defineStore({
  name: 'sqlite',
  options: z.strictObject({
    file: z
      .string()
      .min(1)
      .optional()
      .describe('the database; `milton.db` in `STATE_DIR` unless given. One Milton at a time uses it'),
  }),
  create(host) {
    const file = host.options.file ?? join(host.get(Folders).state, DATABASE);
    // Where only warnings are logged, one must still learn of it.
    const tell = (text: string) => host.logger.warn(text);
    const store = openStore(file, { mode: 'daemon', clock: host.get(Clock), tell });
    host.onClose(() => store.close());
    return store;
  },
});
