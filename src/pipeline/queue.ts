import { z } from 'zod';
import { definePlugin } from './plugin.ts';
import { slot } from './slot.ts';

/** The line a request waits in: one job of a lane at a time, first in first out. `default` where no step sets it. */
export const lane = slot('lane', z.string());

/** What was understood of a message, in one line for the acknowledgement: `CODE · app · add a login page`; its text otherwise. */
export const understood = slot('understood', z.string());

/** The name by which the core finds the boundary in a pipeline. */
export const QUEUE = 'queue';

/**
 * The boundary of the pipeline: what stands above runs at once for every message, what stands below runs when the request's
 * lane is free, and survives a crash.
 */
export const queue = definePlugin({
  name: QUEUE,
  optional: [lane, understood],
  setup: () => () => {
    throw new Error('queue() is carried out by the core');
  },
});
