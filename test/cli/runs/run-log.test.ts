import { renameSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type LogEntry, runLog } from '../../../src/cli/runs/run-log.ts';
import { StoreDesk } from '../store-desk.ts';

const ID = 'req_aaaaaa';
let desk: StoreDesk;
beforeEach(() => {
  desk = new StoreDesk();
});
afterEach(() => desk[Symbol.asyncDispose]());

const brief = (entry: LogEntry) => {
  if (entry.type === 'output') return `${entry.from}│${entry.text}`;
  return entry.type === 'state' ? entry.state : entry.notice.title;
};
const logOf = (follow: boolean) => runLog(ID, { store: desk.store, folder: desk.state('agents'), follow });
const says = (text: string) => ({ type: 'assistant', message: { content: [{ type: 'text', text }] } });

async function all(follow = false): Promise<string[]> {
  const told: string[] = [];
  for await (const entry of logOf(follow)) told.push(brief(entry));
  return told;
}

it('tells what was said before, what agents and commands wrote, and the end', async () => {
  await desk.ask({ id: ID });
  const claim = await desk.begin();
  await desk.store.post(claim, [{ key: '2', notice: { title: 'started', kind: 'milestone' } }]);
  desk.output(`${ID}.out`, says('Hello.'));
  desk.output(`${ID}.out.err`, 'a warning');
  desk.output(`${ID}-codex.out`, 'plain');
  desk.output(`${ID}.test.out`, '1 passed');
  desk.output('req_aaaaaaa.out', 'of another request');
  await desk.end('done', {}, claim);
  const expected = [
    `👂 [${ID}] got it`,
    'started',
    ...['codex│plain', '│Hello.', 'stderr│a warning', 'test│1 passed'],
    `✅ [${ID}] finished`,
    'done',
  ];
  expect(await all()).toEqual(expected);
  expect(await all(true)).toEqual(expected);
});

it('follows a request that waits, whose output is not there yet, to its end, also when the output is replaced', async () => {
  await desk.ask({ id: ID });
  const log = logOf(true);
  const next = async () => brief((await log.next()).value as LogEntry);
  expect([await next(), await next()]).toEqual(['queued', `👂 [${ID}] got it`]);
  const soon = next();
  const claim = await desk.begin();
  expect(await soon).toBe('active');
  desk.output(`${ID}.out`, says('One.'));
  expect(await next()).toBe('│One.');
  const later = next();
  await desk.store.post(claim, [{ key: 'p', notice: { title: '⏳ busy', kind: 'progress' } }]);
  expect(await later).toBe('⏳ busy');
  writeFileSync(desk.state('agents/fresh'), `${JSON.stringify(says('One.'))}\n${JSON.stringify(says('Two.'))}`);
  renameSync(desk.state('agents/fresh'), desk.state(`agents/${ID}.out`));
  await desk.end('failed', {}, claim);
  expect([await next(), await next(), await next()]).toEqual(['│Two.', `✅ [${ID}] finished`, 'failed']);
  expect((await log.next()).done).toBe(true);
});

it('ends when the request is deleted', async () => {
  await desk.ask({ id: ID });
  const log = logOf(true);
  expect([brief((await log.next()).value as LogEntry), brief((await log.next()).value as LogEntry)]).toEqual([
    'queued',
    `👂 [${ID}] got it`,
  ]);
  const db = new DatabaseSync(desk.state('milton.db'));
  db.exec('DELETE FROM jobs');
  db.close();
  expect((await log.next()).done).toBe(true);
});
