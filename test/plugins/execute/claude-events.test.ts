import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BEGINNING, describeTool, failureOf, readLine } from '../../../src/plugins/execute/agents/claude-events.ts';
import type { CliEnd } from '../../../src/plugins/execute/run-cli.ts';

const ended: CliEnd = { how: 'exited', exitCode: 0, signal: undefined, stderr: '', durationMs: 1 };

function read(...events: readonly (object | string)[]) {
  let state = BEGINNING;
  const progress: string[] = [];
  for (const each of events) {
    const next = readLine(state, typeof each === 'string' ? each : JSON.stringify(each));
    state = next.state;
    progress.push(...next.progress);
  }
  return { state, progress };
}

const success = { type: 'result', subtype: 'success', is_error: false, result: 'Done.', permission_denials: [] };
const failure = (fields: object, end: Partial<CliEnd> = {}) =>
  failureOf(read({ ...success, ...fields }).state, { ...ended, ...end });

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
        expect(failureOf(state, ended)).toBeTypeOf('string');
      }),
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
      'It reached its limit of turns (maxTurns) after 3 turns.',
    ],
    [
      'a spent budget',
      { subtype: 'error_max_budget_usd', is_error: true, result: undefined },
      {},
      'It reached its budget.',
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
    expect(failureOf(BEGINNING, { ...ended, ...end })).toBe(reason);
  });

  it('shortens what a tool was asked to do', () => {
    expect(describeTool('Bash', { command: 'x'.repeat(500) })).toHaveLength(120);
    expect(describeTool('Odd', null)).toBe('Odd');
    expect(describeTool('Odd', { command: 7 })).toBe('Odd');
  });
});
