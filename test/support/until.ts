import { vi } from 'vitest';

/** Waits until a check holds; the limit is only there for what never comes, and a process may take long to start on a busy machine. */
export const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 60_000, interval: 5 });
