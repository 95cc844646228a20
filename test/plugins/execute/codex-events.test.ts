import { describe, expect, it } from 'vitest';
import {
  begin,
  failureOf as failureOfRun,
  readLine,
  saidBy,
  usedBy,
} from '../../../src/plugins/execute/agents/codex-events.ts';
import type { CliEnd } from '../../../src/plugins/execute/process/run-cli.ts';
import fc from '../../support/property.ts';

const ended: CliEnd = { how: 'exited', exitCode: 0, signal: undefined, stderr: '', durationMs: 1 };
const ERROR_END: CliEnd = { ...ended, exitCode: 1 };

const plain = (text: string) => text;
const failureOf = (state: Parameters<typeof failureOfRun>[0], end: CliEnd) => failureOfRun(state, end, plain);

function read(...events: readonly (object | string)[]) {
  let state = begin();
  const progress: string[] = [];
  for (const each of events) {
    const next = readLine(state, typeof each === 'string' ? each : JSON.stringify(each));
    state = next.state;
    progress.push(...(next.progress ?? []));
  }
  return { state, progress };
}

const completed = { type: 'turn.completed', usage: { input_tokens: 300, cached_input_tokens: 250, output_tokens: 60 } };
const failed = (message: string) => [
  { type: 'error', message },
  { type: 'turn.failed', error: { message } },
];
const item = (fields: object, type = 'item.completed') => ({ type, item: { id: 'item_0', ...fields } });
const command = (line: string, fields = {}) => ({ type: 'command_execution', command: line, ...fields });

describe('the stream of Codex', () => {
  it('gives session, last text and what was used', () => {
    const { state } = read(
      { type: 'thread.started', thread_id: 't1' },
      { type: 'turn.started' },
      item({ type: 'reasoning', text: 'hm' }),
      item({ type: 'agent_message', text: 'First.' }),
      item({ type: 'agent_message', text: 'Last.' }),
      item({ type: 'error', message: 'Model metadata not found' }),
      completed,
    );
    expect(saidBy(state)).toEqual({ session: 't1', text: 'Last.', denials: [] });
    expect(usedBy(state)).toEqual({ turns: 1, tokens: 360 });
    const odd = read({ type: 'turn.completed', usage: { input_tokens: 300, output_tokens: -200 } });
    expect(usedBy(odd.state)).toEqual({ turns: 1, tokens: 300 });
    expect(failureOf(state, ended)).toBeUndefined();
  });

  it('tells someone who waits what happens, once', () => {
    const changes = [
      { path: 'src/a.ts', kind: 'update' },
      { path: 'src/b.ts', kind: 'add' },
    ];
    const { progress } = read(
      item(command("/bin/bash -lc 'npm\n  test'"), 'item.started'),
      item(command("/bin/bash -lc 'npm\n  test'", { exit_code: 1, status: 'failed' })),
      item(command('bash -lc "echo \\"\\$HOME\\" it\'s"')),
      item(command('/usr/bin/zsh -lc pwd')),
      item(command('git status')),
      item({ type: 'file_change', changes, status: 'in_progress' }, 'item.started'),
      item({ type: 'file_change', changes, status: 'completed' }),
      item({ type: 'file_change', changes: [{ path: 'new.ts', kind: 'add' }] }),
      item({ type: 'file_change', changes: [{ path: 'old.ts', kind: 'delete' }] }),
      item({ type: 'file_change', changes: 7 }),
      { type: 'error', message: 'Reconnecting... 2/5 (unexpected status 503 Service Unavailable)' },
      { type: 'error', message: 'Reconnecting… 3/5' },
      { type: 'error', message: 'Reconnecting... waiting for network (Connection failed)' },
    );
    expect(progress).toEqual([
      'Bash npm test',
      'Bash echo "$HOME" it\'s',
      'Bash pwd',
      'Bash git status',
      'Edit src/a.ts and 1 more',
      'Write new.ts',
      'Delete old.ts',
      'Edit',
      'no answer from the model, attempt 2 of 5',
      'no answer from the model, attempt 3 of 5',
      'no connection to the model, waiting for the network',
    ]);
  });

  it('keeps no more of what it does than is looked through for secrets', () => {
    const { progress } = read(
      item(command('x '.repeat(1e6))),
      item({ type: 'file_change', changes: [{ path: 'y'.repeat(1e6) }] }),
    );
    expect(progress).toHaveLength(2);
    expect(Math.max(...progress.map((each) => each.length))).toBeLessThan(20_000);
  });

  it('lists what was refused, where an event says so', () => {
    const change = { type: 'file_change', changes: [{ path: 'a.ts', kind: 'update' }] };
    const { state } = read(
      item(command('rm -rf /', { status: 'declined' })),
      item(command('npm test', { status: 'failed', exit_code: 1 })),
      item({ ...change, status: 'failed' }),
      item({ ...change, status: 'completed' }),
      completed,
    );
    expect(saidBy(state).denials).toEqual(['Bash rm -rf /', 'Edit a.ts']);
  });

  it('waits only until it hears of the model again', () => {
    const waiting = { type: 'error', message: 'Reconnecting... waiting for network (Connection failed)' };
    expect(read(waiting).state.waiting).toBe(true);
    expect(read(waiting, { type: 'new_thing' }).state.waiting).toBe(true);
    expect(read(waiting, item({ type: 'agent_message', text: 'Hello' })).state.waiting).toBe(false);
    expect(read(waiting, { type: 'error', message: 'Reconnecting... 1/5' }).state.waiting).toBe(false);
  });

  it('takes an attempt to go on for no failure', () => {
    const { state } = read({ type: 'error', message: 'Reconnecting... 5/5 (429)' }, completed);
    expect(failureOf(state, ended)).toBeUndefined();
    const { state: later } = read({ type: 'error', message: 'Model gone' }, completed);
    expect(failureOf(later, ended)).toBeUndefined();
  });

  it('passes over what it does not know', () => {
    const odd = ['', 'warning: x', '[]', 'null', '{"type":"new_thing"}', { type: 'item.completed' }, item({ type: 7 })];
    expect(read(...odd).state).toEqual(begin());
    expect(read(item({ type: 'web_search', query: 'x' }), item({ type: 'agent_message', text: 7 })).state).toEqual(
      begin(),
    );
  });

  it('never throws, and never takes noise for a success', () => {
    const json = fc.json();
    const noise = fc.oneof(
      fc.string(),
      json,
      json.map((each) => `{"type":"item.completed","item":${each}}`),
      json.map((each) => `{"type":"item.completed","item":{"type":"agent_message","text":${each}}}`),
      json.map((each) => `{"type":"item.started","item":{"type":"file_change","id":${each},"changes":[${each}]}}`),
      json.map((each) => `{"type":"error","message":${each}}`),
      json.map((each) => `{"type":"turn.failed","error":${each}}`),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 8 }), (lines) => {
        const { state } = read(...lines);
        expect(failureOf(state, ended)?.reason).toMatch(/\S/);
        saidBy(state);
      }),
    );
  });

  it('keeps an end whose fields have changed their form', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (odd) => {
        expect(failureOf(read({ type: 'turn.completed', usage: odd }).state, ended)).toBeUndefined();
        expect(failureOf(read({ type: 'turn.failed', error: odd }).state, ended)?.reason).toMatch(/\S/);
        expect(usedBy(read({ type: 'turn.completed', usage: { input_tokens: odd } }).state).turns).toBe(1);
      }),
    );
  });
});

describe('the outcome of Codex', () => {
  const LOG_IN = 'Run "codex login" in a terminal on this machine, or set CODEX_API_KEY.';

  it.each([
    [
      'exceeded retry limit, last status: 429 Too Many Requests, request id: req_1',
      'limit',
      'exceeded retry limit, last status: 429 Too Many Requests.',
    ],
    [
      'Quota exceeded. Check your plan and billing details.',
      'limit',
      'Quota exceeded. Check your plan and billing details.',
    ],
    ['You’ve hit your usage limit. Try again later.', 'limit', 'You’ve hit your usage limit. Try again later.'],
    ["You've hit your usage limit. Upgrade to Pro", 'limit', "You've hit your usage limit. Upgrade to Pro."],
    ['rate limit exceeded: Rate limit reached.', 'limit', 'rate limit exceeded: Rate limit reached.'],
    ['To use Codex with your ChatGPT plan, upgrade.', 'limit', 'To use Codex with your ChatGPT plan, upgrade.'],
    [
      'unexpected status 401 Unauthorized: no, url: http://x/v1',
      'login',
      `The model's service refused the login (401). ${LOG_IN}`,
    ],
    ['Not logged in', 'login', `Codex is not logged in. ${LOG_IN}`],
    [
      'Missing environment variable: `KEY`.',
      'login',
      "Missing environment variable: `KEY`. Set it, and name it in the agent's envPass.",
    ],
    [
      'unexpected status 503 Service Unavailable: busy, url: http://x/v1, request id: r',
      'model',
      'unexpected status 503 Service Unavailable: busy.',
    ],
    ['{"error":{"message":"prompt is too long"}}', 'model', 'prompt is too long.'],
    ['{"detail":"Unsupported model"}', 'model', 'Unsupported model.'],
    ['', 'model', 'It ended with an error.'],
  ])('%s', (message, cause, reason) => {
    expect(failureOf(read(...failed(message)).state, ERROR_END)).toEqual({ cause, reason });
    const [alone] = failed(message);
    expect(failureOf(read(alone!).state, ERROR_END)).toEqual({ cause, reason });
  });

  it.each([
    ['what the agent says', [item({ type: 'agent_message', text: 'You’ve hit your usage limit (429)' })], 'Model gone'],
    ['what a command prints', [item(command('x', { aggregated_output: 'Not logged in 401' }))], 'Model gone'],
    ['a warning', [item({ type: 'error', message: 'Quota exceeded' })], 'Model gone'],
    ['what the service wrote', [], 'unexpected status 500 Internal: last status: 429, Quota exceeded'],
    ['a refused request', [], '{"error":{"message":"Quota exceeded, 401"}}'],
    ['an attempt before', [{ type: 'error', message: 'Reconnecting... 1/5 (429 Quota exceeded)' }], 'Model gone'],
  ])('knows the cause by its own events, not by %s', (_, events, message) => {
    expect(failureOf(read(...events, ...failed(message)).state, ERROR_END)?.cause).toBe('model');
  });

  it.each([
    [{ exitCode: 7 }, 'It reported success, but ended with exit code 7.'],
    [{ exitCode: undefined, signal: 'SIGKILL' }, 'It reported success, but ended with SIGKILL.'],
  ])('success and %j', (end, reason) => {
    expect(failureOf(read(completed).state, { ...ended, ...end })).toEqual({ cause: 'crash', reason });
  });

  it.each([
    [
      { exitCode: 2, stderr: "error: unexpected argument '--nope' found\n\n  tip: to pass '--nope' as a value" },
      'This Codex does not know --nope. Update it: npm install -g @openai/codex',
    ],
    [
      {
        exitCode: 2,
        stderr: "error: the argument '--sandbox <SANDBOX_MODE>' cannot be used multiple times\n\nUsage: x",
      },
      "Codex refuses how it is configured: the argument '--sandbox <SANDBOX_MODE>' cannot be used multiple times.",
    ],
    [
      { exitCode: 1, stderr: 'Not inside a trusted directory and --skip-git-repo-check was not specified.' },
      'This Codex works only in folders it trusts. Update it: npm install -g @openai/codex',
    ],
    [
      {
        exitCode: 1,
        stderr: 'Error: Model provider `nope` not found\n\nStack backtrace:\n   0: <unknown>\n   1: <unknown>',
      },
      'It ended without a result (exit code 1): Model provider `nope` not found.',
    ],
    [
      {
        exitCode: 1,
        stderr:
          'No prompt provided via stdin.\nWARNING: could not create PATH aliases: x\nReading prompt from stdin...',
      },
      'It ended without a result (exit code 1): No prompt provided via stdin.',
    ],
    [{ exitCode: 0 }, 'It ended without a result (exit code 0).'],
    [{ exitCode: undefined, signal: 'SIGSEGV' }, 'It ended without a result (SIGSEGV).'],
  ])('no result: %j', (end, reason) => {
    expect(failureOf(begin(), { ...ended, ...end })?.reason).toBe(reason);
  });

  it('keeps lists that never end short, and is as quick at their end', () => {
    let state = begin();
    const lines = (n: number) => [
      JSON.stringify({ type: 'item.started', item: { id: `i${n}`, type: 'command_execution', command: `c${n}` } }),
      JSON.stringify({ type: 'item.completed', item: { id: 'x', type: 'command_execution', status: 'declined' } }),
    ];
    for (let n = 0; n < 5_000; n++) for (const line of lines(n)) state = readLine(state, line).state;
    expect([state.open.length, state.denials.length]).toEqual([1_000, 1_000]);
    expect(saidBy(state).denials).toHaveLength(1_000);
  });

  it('takes no name that every object has for one that it knows', () => {
    const changes = [{ path: 'a.ts', kind: 'constructor' }];
    const { progress } = read({ type: 'item.started', item: { id: 'i', type: 'file_change', changes } });
    expect(progress).toEqual(['Edit a.ts']);
  });
});
