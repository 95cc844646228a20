import { stat } from 'node:fs/promises';

/** Whether there is anything at this path. */
export const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
