// `milton send --follow` beside a running Milton, and without one.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configuration, type Started } from '../cli/desk.ts';
import { StoreDesk } from '../cli/store-desk.ts';

/** Hears what `milton send` has written to the file, as a server would deliver it. */
const hears = `
import { existsSync, readFileSync } from 'node:fs';
import { concatMap, interval } from 'rxjs';
let read = 0;
const texts = () => {
  const file = import.meta.dirname + '/submitted';
  const all = existsSync(file) ? readFileSync(file, 'utf8').split('\\0').slice(0, -1) : [];
  const fresh = all.slice(read);
  read = all.length;
  return fresh.map((text, i) => ({
    message: { id: 'desk:' + (read + i), transport: 'desk', text, at: new Date().toISOString() },
    settle() {},
  }));
};
`;
const config = configuration({
  work: `
    await new Promise((go) => setTimeout(go, 50));
    run.notify({ title: 'half way \\x1b[2J', kind: 'milestone' });
    if (run.message.text.includes('fail')) throw new Error('it broke');
    run.conclude({ outcome: 'done', notice: { title: 'did it' } });`,
})
  .replace(
    '\n      NEVER,\n    ),\n    async send',
    '\n      interval(20).pipe(concatMap(() => from(texts()))),\n    ),\n    async send',
  )
  .replace(`text + '\\n'`, `text + '\\0'`)
  .replace(`'local'`, `'loopback'`)
  .replace('import { dedupe,', 'import { authorise, classify, commands, dedupe,')
  .replace('dedupe(), queue()', 'dedupe(), authorise(), classify(), commands(), queue()');

let desk: StoreDesk;
let daemon: Started | undefined;
beforeEach(async () => {
  desk = new StoreDesk();
  desk.write('milton.config.ts', `${hears}${config}`);
});
afterEach(async () => {
  daemon?.child.kill('SIGKILL');
  await daemon?.ended;
  daemon = undefined;
  await desk[Symbol.asyncDispose]();
});

test('shows what is told of the request it has sent and signed, as plain lines; the exit code is that of the outcome', async () => {
  await desk.run(['keys', 'new']);
  daemon = desk.start(['start']);
  await daemon.said(/is ready/);
  const done = await desk.run(['send', '-f', 'CODE: add a login']);
  expect([done.code, done.stderr]).toEqual([0, '']);
  expect(done.stdout).toMatch(
    /^\d\d:\d\d:\d\d 👂 \[req_\w+\] got it\n(?: .*\n)*\d\d:\d\d:\d\d half way\n\d\d:\d\d:\d\d did it\n$/,
  );
  const failed = await desk.run(['send', '--follow', '--json', 'CODE: fail']);
  expect(failed.code).toBe(1);
  const entries = failed.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(entries.at(-1)).toMatchObject({ v: 1, type: 'state', state: 'failed' });
  expect(entries.map(({ title }) => title)).toContain('half way \x1b[2J');
});

test('sends nothing where Milton is not running, and says so', async () => {
  expect(await desk.run(['send', '-f', 'CODE: x'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'milton: Milton is not running here, so the request could not be followed. Nothing was sent.\nStart it: milton start. Or send it without --follow.\n',
  });
  expect((await desk.run(['send', '--json', 'CODE: x'])).code).toBe(2);
});
