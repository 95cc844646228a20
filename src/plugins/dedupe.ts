import { definePlugin } from '../pipeline/plugin.ts';

/** Lets each message through once, also when a server delivers it again or Milton was restarted in between. */
export const dedupe = definePlugin({
  name: 'dedupe',
  where: 'intake',
  setup: () =>
    async function dedupe(run, next) {
      if (await run.first(run.message.id)) await next();
    },
});
