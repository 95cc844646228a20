import { describe, expect, it } from 'vitest';
import {
  begin,
  describeTool,
  failureOf as failureOfRun,
  readLine,
  usedBy,
} from '../../../src/plugins/execute/agents/claude-events.ts';
import type { CliEnd } from '../../../src/plugins/execute/process/run-cli.ts';
import fc from '../../support/property.ts';

const ended: CliEnd = { how: 'exited', exitCode: 0, signal: undefined, stderr: '', durationMs: 1 };

const plain = (text: string) => text;
const failureOf = (state: Parameters<typeof failureOfRun>[0], end: CliEnd) => failureOfRun(state, end, plain);

const BEGINNING = begin(undefined);

function read(...events: readonly (object | string)[]) {
  let state = BEGINNING;
  const progress: string[] = [];
  for (const each of events) {
    const next = readLine(state, typeof each === 'string' ? each : JSON.stringify(each));
    state = next.state;
    progress.push(...(next.progress ?? []));
  }
  return { state, progress };
}

const success = { type: 'result', subtype: 'success', is_error: false, result: 'Done.', permission_denials: [] };
const failure = (fields: object, end: Partial<CliEnd> = {}) =>
  failureOf(read({ ...success, ...fields }).state, { ...ended, ...end })?.reason;

describe('the stream of Claude Code', () => {
  it('gives session, last text and result', () => {
    const { state } = read(
      { type: 'system', subtype: 'init', session_id: 's1' },
      { type: 'assistant', message: { content: [{ type: 'text', text: 'First.' }] } },
      { type: 'assistant', message: { content: [{ type: 'thinking', thinking: 'hm' }] } },
      { session_id: 's2', ...success },
      { type: 'system', subtype: 'task_updated' },
    );
    expect(state).toMatchObject({ session: 's2', text: 'First.', result: { result: 'Done.' } });
    expect(failureOf(state, ended)).toBeUndefined();
  });

  it('tells someone who waits what happens', () => {
    const use = (name: string, input: object) => ({
      type: 'assistant',
      message: { content: [{ type: 'tool_use', id: 'x', name, input }] },
    });
    const { progress } = read(
      use('Bash', { command: 'npm\n  test', description: 'Test' }),
      use('Edit', { file_path: 'src/a.ts', old_string: 'a' }),
      use('Task', {}),
      { type: 'system', subtype: 'api_retry', attempt: 3, max_retries: 10, error_status: 429, error: 'rate_limit' },
      { type: 'system', subtype: 'api_retry', attempt: 1, max_retries: 10, error_status: null, error: 'unknown' },
    );
    expect(progress).toEqual([
      'Bash npm test',
      'Edit src/a.ts',
      'Task',
      'rate limited, attempt 3 of 10',
      'no answer from the model, attempt 1 of 10',
    ]);
  });

  it('passes over what it does not know', () => {
    expect(
      read(
        '',
        'warning: x',
        '[]',
        'null',
        '{"type":"new_thing"}',
        { type: 'assistant', message: 'x' },
        { type: 'assistant', message: { content: [7, null] } },
      ).state,
    ).toEqual(BEGINNING);
  });

  it('never throws, and never takes noise for a result', () => {
    const noise = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((each) => `{"type":"assistant","message":${each}}`),
      fc.json().map((each) => `{"type":"system","subtype":"x","session_id":${each}}`),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 8 }), (lines) => {
        expect(read(...lines).state.result).toBeUndefined();
      }),
    );
  });

  it('keeps a result whose fields have changed their form', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (odd) => {
        const { state } = read({
          type: 'result',
          subtype: 'success',
          is_error: true,
          num_turns: odd,
          errors: odd,
          permission_denials: odd,
          total_cost_usd: odd,
          session_id: odd,
          api_error_status: odd,
        });
        expect(failureOf(state, ended)?.reason).toBeTypeOf('string');
      }),
    );
  });
});

describe('odd output of Claude Code', () => {
  const limit = (rate_limit_info: object) => ({ type: 'rate_limit_event', rate_limit_info });
  const refused = { ...success, is_error: true, api_error_status: 500, result: 'API Error: 500' };

  it.each([1e15, -1, 0, 'soon', null])('names no time that there cannot be: %j', (resetsAt) => {
    const { state } = read(limit({ status: 'rejected', resetsAt }), refused);
    expect(failureOf(state, ended)).toEqual({ cause: 'limit', reason: 'API Error: 500.' });
  });

  it('believes a limit until the same one is open again', () => {
    const five = { rateLimitType: 'five_hour' };
    const closed = limit({ ...five, status: 'rejected', resetsAt: 1_795_500_000 });
    const causeAfter = (...events: object[]) => failureOf(read(...events, refused).state, ended)?.cause;
    expect(causeAfter(closed)).toBe('limit');
    expect(causeAfter(closed, limit({ ...five, status: 'allowed' }))).toBe('model');
    expect(causeAfter(closed, limit({ ...five, status: 'allowed_warning' }))).toBe('model');
    expect(causeAfter(closed, limit({ rateLimitType: 'seven_day', status: 'allowed' }))).toBe('limit');
    expect(causeAfter(closed, limit({ ...five, status: 7 }))).toBe('limit');
    const login = { type: 'assistant', error: 'authentication_failed', message: {} };
    expect(causeAfter(closed, login, limit({ ...five, status: 'allowed' }))).toBe('login');
  });

  it('takes a result that tells nothing for none', () => {
    const { state } = read('{"type":"result"}');
    expect(failureOf(state, ended)?.cause).toBe('crash');
    expect(failureOf(read('{"type":"result","is_error":false}').state, ended)).toBeUndefined();
    expect(failureOf(read('{"type":"result","subtype":"success"}').state, ended)).toBeUndefined();
  });

  it('takes no name that every object has for one that it knows', () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const { state, progress } = read(
        { type: 'assistant', error: name, message: {} },
        { type: 'system', subtype: 'api_retry', attempt: 1, max_retries: 2, error: name },
      );
      expect([state.refused, progress]).toEqual([undefined, ['no answer from the model, attempt 1 of 2']]);
    }
    const errors = [{ toString: 'x' }, JSON.parse('{"__proto__":1}'), 'plain'];
    expect(failure({ subtype: 'error_other', is_error: true, result: undefined, errors })).toBe(
      '{"toString":"x"}; {"__proto__":1}; plain.',
    );
  });
});

describe('the outcome of Claude Code', () => {
  it.each([
    [
      'an API error that calls itself success',
      { is_error: true, result: 'API Error: 400 prompt is too long' },
      { exitCode: 1 },
      'API Error: 400 prompt is too long.',
    ],
    [
      'a refused login',
      { is_error: true, api_error_status: 401, result: 'Failed to authenticate' },
      { exitCode: 1 },
      /^Claude Code is not logged in\./,
    ],
    [
      'no login',
      { is_error: true, result: 'Not logged in · Please run /login' },
      { exitCode: 1 },
      /^Claude Code is not logged in\./,
    ],
    [
      'too many turns',
      { subtype: 'error_max_turns', is_error: true, num_turns: 3, result: undefined },
      { exitCode: 1 },
      'It was stopped at its limit of turns, after 3.',
    ],
    [
      'a spent budget',
      { subtype: 'error_max_budget_usd', is_error: true, result: undefined },
      {},
      'It was stopped at its limit of cost.',
    ],
    [
      'an interruption with exit code 0',
      { subtype: 'error_during_execution', is_error: false, result: undefined, errors: ['Interrupted', 'twice'] },
      {},
      'Interrupted; twice.',
    ],
    ['success with another exit code', {}, { exitCode: 7 }, 'It reported success, but ended with exit code 7.'],
    [
      'success and a signal',
      {},
      { exitCode: undefined, signal: 'SIGKILL' },
      'It reported success, but ended with SIGKILL.',
    ],
    ['an error without words', { is_error: true, result: '' }, {}, 'It ended with an error.'],
  ])('%s', (_, fields, end, reason) => {
    expect(failure(fields, end)).toEqual(typeof reason === 'string' ? reason : expect.stringMatching(reason));
  });

  it.each([
    [
      { exitCode: 1, stderr: "error: unknown option '--strict-mcp-config'" },
      'This Claude Code does not know --strict-mcp-config. Update it: claude update',
    ],
    [{ exitCode: 1, stderr: 'noise\nError: no input' }, 'It ended without a result (exit code 1): Error: no input.'],
    [{ exitCode: 0 }, 'It ended without a result (exit code 0).'],
    [{ exitCode: undefined, signal: 'SIGSEGV' }, 'It ended without a result (SIGSEGV).'],
    [{ exitCode: undefined }, 'It ended without a result (no exit code).'],
  ])('no result: %j', (end, reason) => {
    expect(failureOf(BEGINNING, { ...ended, ...end })?.reason).toBe(reason);
  });

  it.each([
    ['a limit of requests', [], { api_error_status: 429 }, 'limit'],
    [
      'a used up account, by the event of the answer',
      [{ type: 'assistant', error: 'rate_limit', message: { content: [] } }],
      {},
      'limit',
    ],
    ['an unpaid account', [{ type: 'assistant', error: 'billing_error', message: { content: [] } }], {}, 'limit'],
    ['a used up subscription', [{ type: 'rate_limit_event', rate_limit_info: { status: 'rejected' } }], {}, 'limit'],
    [
      'a subscription that is nearly used up',
      [{ type: 'rate_limit_event', rate_limit_info: { status: 'allowed_warning' } }],
      {},
      'model',
    ],
    ['words about limits', [], { result: 'You have hit your usage limit (rate limit 429)' }, 'model'],
    ['a refused login', [], { api_error_status: 401 }, 'login'],
    ['too many turns', [], { subtype: 'error_max_turns' }, 'budget'],
  ] as const)('knows the cause by events, not by words: %s', (_, events, fields, cause) => {
    const { state } = read(...events, { ...success, is_error: true, ...fields });
    expect(failureOf(state, { ...ended, exitCode: 1 })?.cause).toBe(cause);
  });

  it('says when a used up account may go on', () => {
    const { state } = read(
      { type: 'rate_limit_event', rate_limit_info: { status: 'rejected', resetsAt: 1_795_500_000 } },
      { ...success, is_error: true, result: 'Limit reached' },
    );
    expect(failureOf(state, ended)).toEqual({
      cause: 'limit',
      reason: 'Limit reached. It may go on at 2026-11-24T06:00Z.',
    });
  });

  it('counts messages once, however many events they come in, and believes the last event', () => {
    const message = (id: string, usage: object, parent?: string) => ({
      type: 'assistant',
      ...(parent ? { parent_tool_use_id: parent } : {}),
      message: { id, usage, content: [{ type: 'text', text: id }] },
    });
    const { state } = read(
      message('a', { input_tokens: 10, output_tokens: 1 }),
      message('a', { input_tokens: 10, output_tokens: 5 }),
      message('b', { input_tokens: 20, output_tokens: 2, cache_read_input_tokens: 100 }),
      message('c', { input_tokens: 1, output_tokens: 1 }, 'toolu_1'),
    );
    expect(usedBy(state)).toEqual({ turns: 2, tokens: 139 });
    const { state: over } = read({
      ...success,
      num_turns: 4,
      total_cost_usd: 0.5,
      duration_ms: 7,
      usage: { input_tokens: 9 },
    });
    expect(usedBy(over)).toEqual({ turns: 4, tokens: 9, costUsd: 0.5, ms: 7 });
    const odd = {
      num_turns: -4,
      total_cost_usd: -1000,
      duration_ms: -7,
      usage: { input_tokens: 9, output_tokens: -90 },
    };
    expect(usedBy(read({ ...success, ...odd }).state)).toEqual({ turns: 0, tokens: 9 });
  });

  it('says in few words what a tool was asked to do, and keeps no more of it than is looked through for secrets', () => {
    expect(describeTool('Edit', { file_path: 'a.ts', old_string: 'a', new_string: 'b' })).toBe('Edit a.ts');
    expect(describeTool('Bash', { command: 'x '.repeat(1e6) }).length).toBeLessThan(20_000);
    expect(describeTool('Odd', null)).toBe('Odd');
    expect(describeTool('Odd', { command: 7 })).toBe('Odd');
  });
});
