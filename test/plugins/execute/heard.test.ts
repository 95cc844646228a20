import { describe, expect, test } from 'vitest';
import { cleaner } from '../../../src/pipeline/services/clean.ts';
import { createRedactor } from '../../../src/pipeline/services/redact.ts';
import * as claude from '../../../src/plugins/execute/agents/claude-events.ts';
import * as codex from '../../../src/plugins/execute/agents/codex-events.ts';
import { commandOptions } from '../../../src/plugins/execute/agents/command-options.ts';
import { commandOutput } from '../../../src/plugins/execute/agents/command-output.ts';
import { heard, heardLine } from '../../../src/plugins/execute/heard.ts';
import type { CliEnd } from '../../../src/plugins/execute/process/run-cli.ts';
import { type Canary, canaries, seenIn } from '../../support/canaries.ts';

const clean = cleaner(createRedactor([]));
const all = canaries(86, 12);
const end: CliEnd = { how: 'exited', exitCode: 1, signal: undefined, stderr: '', durationMs: 1 };
const ahead = (n: number) => `${'some words '.repeat(40).slice(0, n)} `;

/** What each kind of agent is told to have said, with this in it, that is told on and cut. */
const SAYINGS: Readonly<Record<string, (words: string) => unknown>> = {
  'Claude Code, doing': (words) => {
    const content = [{ type: 'tool_use', name: 'Bash', input: { command: words } }];
    const { progress } = claude.readLine(
      claude.begin('s'),
      JSON.stringify({ type: 'assistant', message: { content } }),
    );
    return progress!.map((line) => heardLine(line, clean));
  },
  'Claude Code, refused': (words) => {
    const denied = [{ tool_name: 'Write', tool_input: { file_path: words } }];
    const result = { type: 'result', subtype: 'success', is_error: false, result: words, permission_denials: denied };
    const { state } = claude.readLine(claude.begin('s'), JSON.stringify(result));
    return heard({ status: 'succeeded', durationMs: 1, ...claude.saidBy(state) }, clean);
  },
  'Claude Code, failing': (words) => {
    const result = { type: 'result', subtype: 'success', is_error: true, result: words };
    const { state } = claude.readLine(claude.begin('s'), JSON.stringify(result));
    return claude.failureOf(state, end, clean);
  },
  'Claude Code, ending': (words) => claude.failureOf(claude.begin('s'), { ...end, stderr: words }, clean),
  'Codex, doing': (words) => {
    const item = { id: 'i', type: 'command_execution', command: words };
    const { progress } = codex.readLine(codex.begin(), JSON.stringify({ type: 'item.started', item }));
    return progress!.map((line) => heardLine(line, clean));
  },
  'Codex, failing': (words) => {
    const { state } = codex.readLine(codex.begin(), JSON.stringify({ type: 'turn.failed', error: { message: words } }));
    return codex.failureOf(state, end, clean);
  },
  'Codex, ending': (words) => codex.failureOf(codex.begin(), { ...end, stderr: words }, clean),
  'any other, saying': (words) => {
    const output = commandOutput(commandOptions.parse({ bin: 'x' }));
    const { state, progress = [] } = output.read(output.begin(undefined), `${words} ${ahead(4_050)}`);
    return [output.said(state, clean), ...progress.map((line) => heardLine(line, clean))];
  },
  'any other, ending': (words) => {
    const output = commandOutput(commandOptions.parse({ bin: 'x' }));
    return output.failure(output.begin(undefined), { ...end, stderr: words }, clean);
  },
};

describe('T9: of a secret that is cut nothing is told', () => {
  const seen = (said: unknown, canary: Canary) => seenIn(JSON.stringify(said), [canary]);

  test.each(Object.entries(SAYINGS))('by %s', (_who, say) => {
    for (const [n, canary] of all.entries()) {
      const words = canary.text.replaceAll('\n', ' ');
      for (const length of [60 + (n % 60), 110, 119, 230 + (n % 70), 290, 299]) {
        expect(seen(say(`${ahead(length)}${words} and so on`), canary), `${canary.kind} at ${length}`).toEqual([]);
      }
    }
  });

  test('though something that nobody sees is in it', () => {
    for (const canary of all) {
      for (const hide of ['\u200b', '\ufeff', '\u001b[0m', '\u00ad', '\u0000']) {
        const words = `${canary.text.slice(0, 14)}${hide}${canary.text.slice(14)}`;
        const report = { status: 'failed', reason: words, text: words, denials: [words], durationMs: 1 } as const;
        expect(seen(heard(report, clean), canary), JSON.stringify(hide)).toEqual([]);
      }
    }
  });
});
