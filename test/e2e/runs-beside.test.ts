// `milton runs` beside a running Milton.
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configuration, type Started } from '../cli/desk.ts';
import { StoreDesk } from '../cli/store-desk.ts';

let desk: StoreDesk;
let daemon: Started;
beforeEach(async () => {
  desk = new StoreDesk();
  const work = `if (run.message.text.includes('hang') && !globalThis.once) {
    globalThis.once = true;
    await new Promise((_, no) => run.signal.addEventListener('abort', no));
  }
  await next();`;
  desk.write('milton.config.ts', configuration({ work }));
  daemon = desk.start(['start'], { env: { HEARD: 'CODE: hang' } });
  await daemon.said(/is ready/);
});
afterEach(async () => {
  daemon.child.kill('SIGKILL');
  await daemon.ended;
  await desk[Symbol.asyncDispose]();
});

test('cancel stops a running request, which whoever follows it sees, and retry runs it again', async () => {
  await expect.poll(async () => (await desk.store.list({ states: ['active'] })).length).toBe(1);
  const follower = desk.start(['runs', 'logs', '-f', 'last']);
  await once(follower.child.stdout!, 'data');
  const cancelled = await desk.run(['runs', 'cancel', 'last']);
  expect(cancelled).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^It is being stopped: req_\w+ \(CODE: hang\)$/m),
  });
  const { code, stdout, stderr } = await follower.ended;
  expect([code, stdout]).toEqual([1, expect.stringMatching(/🛑 \[req_\w+\]/)]);
  expect(stderr).toMatch(/^req_\w+ is cancelled, after \d+s\.$/m);
  const again = await desk.run(['runs', 'retry', 'last']);
  expect(again.stderr).not.toContain('not running');
  expect((await desk.run(['runs', 'logs', '-f', again.stdout.trim()])).code).toBe(0);
});
