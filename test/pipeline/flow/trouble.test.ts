// What a bad step, a bad transport, a full disk or a stopped machine does to the rest of Milton: nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import { NEVER, Subject, throwError } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { createSender } from '../../../src/pipeline/flow/sender.ts';
import type { Delivery } from '../../../src/pipeline/message.ts';
import { defineStore, defineTransport } from '../../../src/pipeline/part.ts';
import { definePlugin, type Run } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { assemble } from '../../../src/pipeline/setup/assemble.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { TransportError } from '../../../src/pipeline/transport.ts';
import { memoryLogger } from '../../../src/testing/memory-logger.ts';
import { once, rig, testServices } from '../../support/core.ts';

const full = () => new MiltonError('STORE_FULL', 'The disk is full.', { hint: 'Free some space.' });

/** A store of which some methods fail while a switch is on. */
function failing(methods: readonly (keyof JobStore)[]): { store: JobStore; out: { now: boolean }; calls: string[] } {
  const real = memoryStore();
  const out = { now: false };
  const calls: string[] = [];
  const store = new Proxy(real, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(String(key));
        if (out.now && methods.includes(key as keyof JobStore)) return Promise.reject(full());
        return value.apply(target, args);
      };
    },
  });
  return { store, out, calls };
}

const cancel = (store: JobStore, job: string) =>
  store.accept({
    run: `c-${job}`,
    message: { id: `c-${job}`, text: 'CANCEL', transport: 'phone', at: new Date().toISOString() },
    seen: [`c-${job}`],
    effects: [{ do: 'cancel', job, final: { title: 'x', kind: 'final' }, reply: () => undefined }],
    notices: [],
  });

describe('a step that ignores its signal', () => {
  const deaf = () =>
    async function deaf() {
      await new Promise(() => {});
    };

  test('does not hold a cancelled request up for ever', async () => {
    const made = await rig([queue(), deaf()], { patience: 50 });
    made.send('m');
    await expect.poll(async () => (await made.jobs())[0]?.state).toBe('active');
    await cancel(made.store, (await made.jobs())[0]!.id);
    await made.idle();
    await made.stop();
    expect((await made.said).at(-1)).toMatch(/cancelled \| A step did not stop, and may still be at work\./);
  });

  test('does not hold a shutdown up for ever', async () => {
    const store = memoryStore();
    const made = await rig([queue(), deaf()], { patience: 50, store });
    made.send('m');
    await expect.poll(async () => (await store.list())[0]?.state).toBe('active');
    await made.stop(0);
    expect((await store.list())[0]?.state).toBe('queued');
  });
});

test('a shutdown ends while the store cannot write', async () => {
  const { store, out } = failing(['settle', 'release', 'checkpoint', 'post']);
  const made = await rig([queue(), () => {}], { store });
  out.now = true;
  made.send('m');
  await expect.poll(async () => (await store.list())[0]?.state).toBe('active');
  await made.stop(10);
  out.now = false;
  expect((await store.list())[0]?.state).toBe('active');
});

test('a transport that fails is connected again, and takes no other down', async () => {
  const inbox = new Subject<Delivery>();
  let connections = 0;
  const broken = defineTransport({
    name: 'broken',
    create: ({ name }) => ({
      name,
      exposure: 'local',
      get messages$() {
        connections++;
        return throwError(() => new Error('read EIO'));
      },
      health$: NEVER,
      async send() {},
    }),
  });
  const sound = defineTransport({
    name: 'sound',
    create: ({ name }) => ({ name, exposure: 'local', messages$: inbox, health$: NEVER, async send() {} }),
  });
  const store = memoryStore();
  const lines: Parameters<typeof memoryLogger>[0] = [];
  const milton = await assemble(
    {
      repositories: {},
      transports: [broken(), sound()],
      store: defineStore({ name: 'memory', create: () => store })(),
      agents: [],
      pipeline: [queue()],
    },
    testServices(lines),
  );
  const running = milton.start();
  inbox.next({ message: { id: 'm', text: 'x', transport: 'sound', at: '' }, settle() {} });
  await expect.poll(async () => (await store.list())[0]?.state).toBe('done');
  await running.stop();
  await milton.close();
  expect(connections).toBeGreaterThan(0);
  expect(lines.map((line) => line.message).join()).toContain('broken failed, and is connected again: read EIO');
});

test('a cancel that came while Milton was down first recovers what had begun', async () => {
  const store = memoryStore();
  const recovered: string[] = [];
  const begun = Promise.withResolvers<void>();
  const work = ({ signal }: { readonly signal: AbortSignal }) => {
    begun.resolve();
    return sleep(60_000, undefined, { signal }).then(() => 1);
  };
  const agent = async function agent(run: Run) {
    await run.step('work', work, {
      atMostOnce: true,
      recover: async () => {
        recovered.push('ended what still lived');
        throw new MiltonError('INTERRUPTED', 'One file is kept on branch x.');
      },
    });
  };
  const first = await rig([queue(), agent], { store });
  first.send('m');
  await begun.promise;
  await first.stop(0);
  // As it is after kill -9 in the middle of a cancel: active, begun, and asked to be cancelled.
  const claim = (await store.claim(-1))!;
  await cancel(store, claim.job);
  store.drop(claim);
  const second = await rig([queue(), agent], { store });
  await second.idle();
  await second.stop();
  expect(recovered).toEqual(['ended what still lived']);
  expect((await store.list())[0]?.state).toBe('cancelled');
  expect((await second.said).at(-1)).toContain('cancelled | One file is kept on branch x.');
});

describe('sending', () => {
  const row = { id: 'm', text: 'x', transport: 'phone', at: '' };
  const put = (store: JobStore, kind: 'reply' | 'question') =>
    store.accept({
      run: 'r',
      message: row,
      seen: ['m'],
      effects: [],
      notices: [{ key: 'k', notice: { title: 't', kind } }],
    });
  const phone = (send: () => Promise<void>) =>
    ({ name: 'phone', exposure: 'local', messages$: NEVER, health$: NEVER, send }) as const;
  const clock = { now: () => Date.now() };

  test('a notice in hand when Milton stops is finished, not sent again', async () => {
    const store = memoryStore();
    await put(store, 'reply');
    const [stop, cut] = [new AbortController(), new AbortController()];
    const { promise: held, resolve } = Promise.withResolvers<void>();
    let sent = 0;
    const sender = createSender({
      store,
      transport: phone(async () => {
        sent++;
        await held;
      }),
      logger: memoryLogger(),
      clock,
      fitting: { clean: (text) => text, reduce: (notice) => notice },
      stop: stop.signal,
      cut: cut.signal,
    });
    await expect.poll(() => sent).toBe(1);
    stop.abort();
    resolve();
    await sender.finished;
    await sender.flush();
    expect(sent).toBe(1);
    await store.close();
  });

  test('a notice that cannot be marked sent is not sent again', async () => {
    const { store, out, calls } = failing(['sent']);
    await put(store, 'reply');
    out.now = true;
    let sent = 0;
    const [stop, cut] = [new AbortController(), new AbortController()];
    const sender = createSender({
      store,
      transport: phone(async () => void sent++),
      logger: memoryLogger(),
      clock,
      fitting: { clean: (text) => text, reduce: (notice) => notice },
      stop: stop.signal,
      cut: cut.signal,
    });
    await expect.poll(() => calls.filter((call) => call === 'sent').length).toBe(1);
    out.now = false;
    stop.abort();
    await sender.finished;
    await sender.flush();
    expect(sent).toBe(1);
    expect(await store.unsent('phone', 1)).toEqual([]);
    await store.close();
  });

  test('a question the other side refuses is given up, and holds nothing back', async () => {
    const store = memoryStore();
    await put(store, 'question');
    const [stop, cut] = [new AbortController(), new AbortController()];
    const sender = createSender({
      store,
      transport: phone(async () => {
        throw new TransportError('400', { retryable: false });
      }),
      logger: memoryLogger(),
      clock,
      fitting: { clean: (text) => text, reduce: (notice) => notice },
      stop: stop.signal,
      cut: cut.signal,
    });
    await expect.poll(() => store.unsent('phone', 1)).toEqual([]);
    expect(await store.nextDue('phone')).toBeUndefined();
    stop.abort();
    await sender.finished;
    await store.close();
  });
});

test('a message whose effect fails is refused and settled, and the next one is heard', async () => {
  const bad = definePlugin({
    name: 'bad',
    where: 'intake',
    setup: () => async (run, next) => {
      if (run.message.text !== 'bad') return next();
      run.stage({
        do: 'cancel',
        job: 'req_none22',
        final: { title: 'x' },
        reply: () => {
          throw new Error('no words');
        },
      });
    },
  });
  const made = await rig([bad(), queue()]);
  made.send('m1', 'bad');
  made.send('m2', 'good');
  await made.idle();
  await made.stop();
  expect(made.settled).toEqual(['m1', 'm2']);
  expect(made.said[0]).toContain('not accepted | no words');
});

test('a floating promise in a step ends nothing but its own work', async () => {
  const rejections: unknown[] = [];
  const listen = (reason: unknown) => rejections.push(reason);
  process.on('unhandledRejection', listen);
  try {
    const made = await once(queue(), async function floats(run, next) {
      void run.step('a', async () => {
        throw new Error('nobody waits for me');
      });
      void run.ask('q', { title: 'q', choices: ['y'], timeout: 60_000, onTimeout: 'y' });
      await sleep(20);
      await next();
    });
    expect(made.said.at(-1)).toContain('ended');
    await sleep(10);
    expect(rejections).toEqual([]);
  } finally {
    process.off('unhandledRejection', listen);
  }
});

test('a question nobody awaits gives its place back only once', async () => {
  let working = 0;
  let most = 0;
  const made = await rig(
    [
      queue(),
      async function impatient(run: Run) {
        if (run.message.id === 'm0') {
          void run.ask('q', { title: 'q', choices: ['y'], timeout: 60_000, onTimeout: 'y' });
          await sleep(20);
          return;
        }
        most = Math.max(most, ++working);
        await sleep(20);
        working--;
      },
    ],
    { concurrency: 1 },
  );
  for (const id of ['m0', 'm1', 'm2', 'm3']) made.send(id);
  await made.idle();
  await made.stop();
  expect(most).toBe(1);
});

test('a retried attempt’s conclusion and effects are taken back', async () => {
  let tries = 0;
  const twice = definePlugin({
    name: 'twice',
    setup: () => (run) => {
      run.conclude({ outcome: 'done', notice: { title: `try ${++tries}` } });
      if (tries === 1) throw new Error('again');
    },
  });
  const made = await once(queue(), twice({ retries: 1 }));
  expect(made.said.at(-1)).toBe('try 2');
  let staged = 0;
  const stages = definePlugin({
    name: 'stages',
    where: 'intake',
    setup: () => async (run, next) => {
      run.stage({ do: 'cancel', job: 'req_none22', final: { title: 'x' }, reply: () => void staged++ as undefined });
      if (staged === 0 && tries++ === 2) throw new Error('again');
      await next();
    },
  });
  await once(stages({ retries: 1 }), queue());
  expect(staged).toBe(1);
});

test('a store that is out for a moment is no fault of the request', async () => {
  const { store, out } = failing(['seen', 'checkpoint', 'ask', 'get']);
  const made = await rig(
    [
      async function dedupes(run, next) {
        if (await run.first(run.message.id)) await next();
      },
      queue(),
      async function works(run: Run) {
        out.now = true;
        setTimeout(() => {
          out.now = false;
        }, 100);
        await run.step('once', async () => 1, { atMostOnce: true });
        run.conclude({ outcome: 'done', notice: { title: 'whole' } });
      },
    ],
    { store },
  );
  out.now = true;
  made.send('m');
  await expect.poll(() => made.said.join()).toContain('cannot store');
  out.now = false;
  await made.idle(15_000);
  await made.stop();
  expect(made.said.at(-1)).toBe('whole');
}, 20_000);

test('what a step says while a shutdown stops it is not lost', async () => {
  const store = memoryStore();
  const begun = Promise.withResolvers<void>();
  const made = await rig(
    [
      queue(),
      async function says(run: Run) {
        begun.resolve();
        await sleep(60_000, undefined, { signal: run.signal }).catch(() =>
          run.notify({ title: 'last words', kind: 'milestone' }),
        );
      },
    ],
    { store },
  );
  made.send('m');
  await begun.promise;
  await made.stop(0);
  expect(made.said).toContain('last words');
});

test('what was concluded stands, and trouble after it is told with it', async () => {
  const made = await once(
    queue(),
    async function late(_run, next) {
      await next();
      throw new Error('the webhook is down');
    },
    (run) => run.conclude({ outcome: 'done', notice: { title: 'all done', body: 'three files' } }),
  );
  expect(made.said.at(-1)).toBe('all done | three files\n\n⚠️ Afterwards: late: the webhook is down');
});

test('two functions of one name would share their results, and are refused', async () => {
  const twin = async function twin(_run: Run, next: () => Promise<void>) {
    await next();
  };
  await expect(rig([queue(), twin, twin])).rejects.toThrow('two steps are called "twin"');
});
