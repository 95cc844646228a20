import { expect, it } from 'vitest';
import { transcript } from '../../../src/plugins/execute/transcript.ts';

const told = (...lines: readonly (object | string)[]) => {
  const read = transcript();
  return lines.flatMap((line) => read(typeof line === 'string' ? line : JSON.stringify(line)));
};
const says = (...content: object[]) => ({ type: 'assistant', message: { content } });

it('of Claude Code: what it says and what it does, and not what its tools return', () => {
  expect(
    told(
      { type: 'system', subtype: 'init', session_id: 's' },
      says({ type: 'text', text: 'I look first.' }, { type: 'tool_use', name: 'Read', input: { file_path: 'a.ts' } }),
      { type: 'user', message: { content: [{ type: 'tool_result', content: 'export const a = 1;' }] } },
      says({ type: 'tool_use', name: 'Bash', input: { command: 'npm test' } }),
      says({ type: 'text', text: 'I look first.' }),
      { type: 'result', subtype: 'success', is_error: false, result: 'I look first.' },
    ),
  ).toEqual(['I look first.', 'Read a.ts', 'Bash npm test', 'I look first.']);
});

it('of Codex: each thing once, whether it is told at its beginning or at its end', () => {
  const command = { id: 'i1', type: 'command_execution', command: `/bin/bash -lc 'npm test'` };
  expect(
    told(
      { type: 'thread.started', thread_id: 't' },
      { type: 'turn.started' },
      { type: 'item.started', item: command },
      { type: 'item.completed', item: { ...command, status: 'completed', aggregated_output: 'ok' } },
      { type: 'item.completed', item: { id: 'i2', type: 'file_change', changes: [{ path: 'a.ts', kind: 'add' }] } },
      { type: 'item.completed', item: { id: 'i3', type: 'agent_message', text: 'Done.' } },
      { type: 'turn.completed', usage: { input_tokens: 1, output_tokens: 1 } },
    ),
  ).toEqual(['Bash npm test', 'Write a.ts', 'Done.']);
});

it('of any other program: its lines, and of its events what they say', () => {
  expect(
    told(
      'plain',
      '',
      '{"torn": ',
      { progress: 'Edit a' },
      { id: 7, part: { kind: 'x', text: 'deep' } },
      { report: { text: 'done' } },
      { error: 'no network' },
      { noise: 'x' },
    ),
  ).toEqual(['plain', '{"torn": ', 'Edit a', 'deep', 'done', 'no network']);
});

it('the lines of a private key are left out', () => {
  expect(
    told('-----BEGIN RSA PRIVATE KEY-----', 'MIIEpAIBAAKCAQEA', 'b2s=', '-----END RSA PRIVATE KEY-----', 'on'),
  ).toEqual(['-----BEGIN RSA PRIVATE KEY-----', '-----END RSA PRIVATE KEY-----', 'on']);
});
