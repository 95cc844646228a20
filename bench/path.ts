import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NEVER, Subject } from 'rxjs';
import type { Delivery } from '../src/pipeline/message.ts';
import { defineStore, defineTransport } from '../src/pipeline/part.ts';
import { definePlugin } from '../src/pipeline/plugin.ts';
import { queue } from '../src/pipeline/queue.ts';
import { assemble } from '../src/pipeline/setup/assemble.ts';
import { openStore } from '../src/pipeline/store/sqlite.ts';
import type { Figure, Run } from './figures.ts';
import { services } from './services.ts';
import { inTurns, quantile } from './statistics.ts';

const STEPS = 7;
const BATCH = 20;

/** A message through the whole core in one process, from its delivery to its final notice handed to the transport. */
export const run: Run = async ({ quick }) => {
  const rounds = quick ? 15 : 50;
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  const plain = openSync(join(folder, 'plain'), 'a');
  const none = await start(join(folder, 'none'), 0);
  const all = await start(join(folder, 'all'), STEPS);
  const each: Record<'flush' | 'none' | 'all', number[]> = { flush: [], none: [], all: [] };
  const batch = (into: number[], once: () => Promise<number> | number) => async () => {
    for (let i = 0; i < BATCH; i++) {
      const start = performance.now();
      into.push(((await once()) - start) * 1000);
    }
    return 0;
  };
  try {
    await inTurns(rounds, {
      flush: batch(each.flush, () => {
        writeSync(plain, 'x'.repeat(400));
        fdatasyncSync(plain);
        return performance.now();
      }),
      none: batch(each.none, none.send),
      all: batch(each.all, all.send),
    });
  } finally {
    await none.stop();
    await all.stop();
    closeSync(plain);
    rmSync(folder, { recursive: true });
  }
  const figure = (name: 'none' | 'all', what: string, share: number): Figure => ({
    what,
    unit: 'µs',
    value: quantile(each[name], share),
    reference: { what: 'write + fdatasync', value: quantile(each.flush, share) },
  });
  return [
    figure('none', 'no journaled step, p50', 0.5),
    figure('none', 'no journaled step, p99', 0.99),
    figure('all', `${STEPS} journaled steps, p50`, 0.5),
    figure('all', `${STEPS} journaled steps, p99`, 0.99),
    {
      what: 'a journaled step, p50',
      unit: 'µs',
      value: (quantile(each.all, 0.5) - quantile(each.none, 0.5)) / STEPS,
      reference: { what: 'write + fdatasync', value: quantile(each.flush, 0.5) },
    },
  ];
};

async function start(folder: string, journaled: number) {
  mkdirSync(folder);
  const inbox = new Subject<Delivery>();
  let finished: (at: number) => void = () => {};
  const phone = defineTransport({
    name: 'phone',
    create: ({ name }) => ({
      name,
      exposure: 'local',
      messages$: inbox,
      health$: NEVER,
      async send(notice) {
        if (notice.kind === 'final') finished(performance.now());
      },
    }),
  });
  const step = (i: number) =>
    definePlugin({
      name: `step${i}`,
      setup: () => async (run, next) => {
        if (i < journaled) await run.step('work', async () => ({ n: i }));
        await next();
      },
    })();
  const milton = await assemble(
    {
      repositories: {},
      transports: [phone()],
      store: defineStore({
        name: 'sqlite',
        create: ({ onClose }) => {
          const store = openStore(join(folder, 'milton.db'), { mode: 'daemon' });
          onClose(() => store.close());
          return store;
        },
      })(),
      agents: [],
      pipeline: [
        queue(),
        ...Array.from({ length: STEPS }, (_, i) => step(i)),
        function end(run) {
          run.conclude({ outcome: 'done', notice: { title: 'done', kind: 'final' } });
        },
      ],
    },
    services,
  );
  const running = milton.start();
  let count = 0;
  return {
    /** Sends a message; resolves to the moment at which its final notice was handed over. */
    async send() {
      const over = Promise.withResolvers<number>();
      finished = over.resolve;
      const message = { id: `m${count++}`, transport: 'phone', text: 'CODE: x', at: new Date().toISOString() };
      inbox.next({ message, settle() {} });
      return over.promise;
    },
    async stop() {
      await running.stop(0);
      await milton.close();
    },
  };
}
