// What `milton status` and `milton cost` tell of a Milton that has worked.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dayOf } from '../../src/plugins/usage/ledger.ts';
import { configuration } from '../cli/desk.ts';
import { StoreDesk } from '../cli/store-desk.ts';

let desk: StoreDesk;
beforeEach(() => {
  desk = new StoreDesk();
  const steps =
    'dedupe(), classify(), limits({ perDay: 9 }), queue(), research(), promptBuild(), execute({ dailyLimits: { costUsd: 10 } })';
  desk.write(
    'milton.config.ts',
    configuration()
      .replace('dedupe(), queue()', steps)
      .replace('import { dedupe,', 'import { classify, limits, research, promptBuild, execute, dedupe,'),
  );
});
afterEach(() => desk[Symbol.asyncDispose]());

const verdict = { kind: 'CODE', text: 'x', repository: 'app', agent: 'claude' };
const result = { agent: 'A', status: 'succeeded', text: '', durationMs: 1, denials: [], costUsd: 1.5, tokens: 12_345 };

test('status tells what runs and what it does, when something was heard, and today’s budgets', async () => {
  await desk.ask({ id: 'req_aaaaaa', slots: { verdict } });
  await desk.end('done', { result });
  await desk.store.remember('agents:usage', {
    day: dayOf(Date.now()),
    used: { costUsd: 1.5, tokens: 12_345 },
    runs: [],
  });
  await desk.ask({ id: 'req_bbbbbb', text: 'CODE: more', slots: { verdict } });
  await desk.begin();
  desk.output('req_bbbbbb.out', { progress: 'Read \x1b[2Ja.ts' }, { progress: 'Edit a.ts' });
  desk.output('req_bbbbbb.test.out', '');
  const since = '2026-11-27T08:00:00.000Z';
  await desk.store.remember('health:desk', { state: 'reconnecting', since, why: 'no network', at: since });
  const { stdout } = await desk.run(['status']);
  expect(stdout).toMatch(
    /^ {2}desk +reconnecting, when it last ran +since 2026-11-27 .*: no network\n {2}Last message heard \d+s ago: \d{4}-/m,
  );
  expect(stdout).toMatch(/^Working on:\n {2}req_bbbbbb +app +\d+s +CODE: more\n {4}now: Edit a\.ts$/m);
  expect(stdout).toMatch(
    /^Used up today:\n {2}agents \$1\.50 of \$10\.00\n {2}research \$0\.00 of \$5\.00\n {2}research 0 tokens of 2,000,000 tokens\n {2}requests 2 of 9\n {2}Repository {2}Agent {3}Requests {3}Cost .*\n {2}app {9}claude {9}2 {2}\$1\.50 +– {2}12,345$/m,
  );
  expect(JSON.parse((await desk.run(['status', '--json'])).stdout)).toMatchObject({
    connections: [{ state: 'reconnecting', why: 'no network' }],
    heardAt: expect.stringMatching(/^\d{4}-/),
    active: [{ id: 'req_bbbbbb', doing: 'Edit a.ts' }],
    budgets: [
      { what: 'agents', used: { costUsd: 1.5 }, limits: { costUsd: 10 } },
      { what: 'research' },
      { what: 'requests', used: { requests: 2 }, limits: { requests: 9 } },
    ],
    today: [{ repository: 'app', agent: 'claude', runs: 2, costUsd: 1.5, tokens: 12_345 }],
  });
});

test('cost shows days, repositories and agents in a table', async () => {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1, 12).valueOf();
  await desk.ask({ id: 'req_aaaaaa', slots: { verdict }, at: yesterday });
  await desk.end('done', { result });
  await desk.ask({ id: 'req_bbbbbb', slots: { verdict } });
  await desk.end('failed', { result: { ...result, costUsd: 0.25, tokens: 5 } });
  const [day, before] = [dayOf(Date.now()), dayOf(yesterday)];
  expect((await desk.run(['cost'])).stdout).toBe(
    [
      'Day         Repository  Agent   Requests   Cost  of it research  Tokens',
      `${day}  app         claude         1  $0.25               –       5`,
      `${before}  app         claude         1  $1.50               –  12,345`,
      'Total                                  2  $1.75               –  12,350\n',
    ].join('\n'),
  );
  expect(JSON.parse((await desk.run(['cost', '--days', '1', '--json'])).stdout)).toEqual({
    ...{ v: 1, since: day },
    costs: [{ day, repository: 'app', agent: 'claude', runs: 1, costUsd: 0.25, tokens: 5 }],
  });
  expect(await desk.run(['cost', '--days', 'all'])).toMatchObject({ code: 2 });
});
