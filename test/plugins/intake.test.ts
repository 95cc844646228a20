import { Subject } from 'rxjs';
import { afterEach, expect, it, vi } from 'vitest';
import type { Agent } from '../../src/pipeline/agent.ts';
import type { Delivery, Notice } from '../../src/pipeline/message.ts';
import { defineAgent, defineStore, defineTransport } from '../../src/pipeline/part.ts';
import type { InlineHandler } from '../../src/pipeline/plugin.ts';
import { queue } from '../../src/pipeline/queue.ts';
import { ExecaProcessRunner } from '../../src/pipeline/services/process-runner.ts';
import { Redact } from '../../src/pipeline/services/redact.ts';
import { ProcessRunner, Repositories } from '../../src/pipeline/services.ts';
import { assemble } from '../../src/pipeline/setup/assemble.ts';
import { memoryStore } from '../../src/pipeline/store/memory.ts';
import { bind, bindClass } from '../../src/pipeline/token.ts';
import { authorise } from '../../src/plugins/authorise/authorise.ts';
import { classify } from '../../src/plugins/classify/classify.ts';
import { commands } from '../../src/plugins/commands/commands.ts';
import { dedupe } from '../../src/plugins/dedupe.ts';
import { promptBuild } from '../../src/plugins/prompt-build/prompt-build.ts';
import { local } from '../../src/plugins/research/providers/local.ts';
import { research } from '../../src/plugins/research/research.ts';
import { prompt, verdict } from '../../src/plugins/slots.ts';
import { testServices } from '../support/core.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** The real steps on the real core, with an agent step that holds each run until it is let go. */
async function start() {
  const store = memoryStore();
  const inbox = new Subject<Delivery>();
  const notices: Notice[] = [];
  const prompts: string[] = [];
  const gate = Promise.withResolvers<void>();
  const work: InlineHandler = async (run) => {
    prompts.push(run.get(prompt)!);
    const stopped = Promise.withResolvers<never>();
    run.signal.addEventListener('abort', () => stopped.reject(run.signal.reason));
    await Promise.race([gate.promise, stopped.promise]);
    run.conclude({ outcome: 'done', notice: { title: `done: ${run.get(verdict)!.text}` } });
  };
  const phone = defineTransport({
    name: 'phone',
    create: ({ name }) => ({
      name,
      exposure: 'local',
      messages$: inbox,
      health$: new Subject(),
      send: async (notice) => void notices.push(notice),
    }),
  });
  const agent = defineAgent({ name: 'claude', create: ({ name }) => ({ name, label: 'Claude' }) as Agent });
  const milton = await assemble(
    {
      repositories: {},
      transports: [phone()],
      store: defineStore({ name: 'memory', create: () => store })(),
      agents: [agent()],
      pipeline: [
        dedupe(),
        authorise(),
        classify(),
        commands(),
        queue(),
        research({ providers: [local()] }),
        promptBuild(),
        work,
      ],
      services: [
        bind(Repositories, () => [{ name: 'app', path: '/nonexistent', agent: undefined }]),
        bindClass(ProcessRunner, ExecaProcessRunner),
        bind(Redact, () => (text) => text),
      ],
    },
    testServices(),
  );
  const running = milton.start();
  closing.push(async () => {
    gate.resolve();
    await running.stop(50);
    await milton.close();
  });
  let count = 0;
  /** Sends a text and resolves when intake is done with it. */
  const send = (text: string, id = `phone:${++count}`) =>
    new Promise<void>((settle) => {
      inbox.next({ message: { id, text, transport: 'phone', at: new Date().toISOString() }, settle });
    });
  const told = (title: RegExp) =>
    vi.waitFor(
      () => {
        const notice = notices.find((one) => title.test(one.title));
        if (!notice) throw new Error(`not told ${title}: ${notices.map((one) => one.title).join(' | ')}`);
        return notice;
      },
      { timeout: 15_000, interval: 5 },
    );
  return { store, send, told, notices, prompts, gate };
}

it('takes a spoken request to its prompt, once', async () => {
  const { send, told, prompts, gate, store } = await start();
  await send('Hey Milton, code colon add a login', 'phone:a');
  await send('Hey Milton, code colon add a login', 'phone:a');
  await told(/research complete/);
  gate.resolve();
  await told(/^done: add a login$/);
  expect(prompts).toHaveLength(1);
  expect(prompts[0]).toMatch(/^# Task\nadd a login\n/);
  expect(await store.list()).toHaveLength(1);
});

it('runs nothing for what it does not understand', async () => {
  const { send, told, store } = await start();
  await send('CANCLE last');
  await told(/Did you mean: CANCEL last/);
  await send('CODE @nosuch: add a login');
  await told(/nosuch/);
  await send('help');
  await told(/What you can send/);
  expect(await store.list()).toEqual([]);
});

it('cancels a waiting and a running request, and retries one', async () => {
  const { send, told, store, notices, prompts, gate } = await start();
  await send('CODE: one thing');
  await vi.waitFor(() => expect(prompts).toHaveLength(1), { timeout: 15_000 });
  await send('CODE: another thing');
  await send('cancel last');
  expect((await told(/cancelled before it began/)).body).toContain('another thing');
  await send('status');
  await told(/^1 running, 0 waiting$/);
  await send('Cancel the last one');
  await told(/^Stopping req_/);
  await vi.waitFor(async () => expect(await store.list({ states: ['cancelled'] })).toHaveLength(2), {
    timeout: 15_000,
  });
  gate.resolve();
  await send('retry last');
  // The one that ended last, not the one that came last.
  await told(/^done: one thing$/);
  const jobs = await store.list({ states: ['done'] });
  expect(jobs).toMatchObject([{ retryOf: expect.stringMatching(/^req_/) }]);
  expect(notices.filter(({ title }) => title.includes(`[${jobs[0]!.id}] got it`))).toHaveLength(1);
});

it('does not let RESEARCH wait behind CODE', async () => {
  const { send, prompts } = await start();
  await send('CODE: one thing');
  await vi.waitFor(() => expect(prompts).toHaveLength(1), { timeout: 15_000 });
  await send('CODE: another thing');
  await send('RESEARCH: how does it work?');
  await vi.waitFor(() => expect(prompts).toHaveLength(2), { timeout: 15_000 });
  expect(prompts[1]).toMatch(/^# Question\nhow does it work\?\n/);
});
