import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { claude } from '../src/plugins/execute/agents/claude.ts';
import { bareAgent } from '../test/support/bare-agent.ts';
import type { Run } from './figures.ts';

const EVENT = JSON.stringify({
  type: 'user',
  message: { content: [{ type: 'tool_result', content: 'x'.repeat(400) }] },
});
const RESULT = JSON.stringify({ type: 'result', subtype: 'success', is_error: false, result: 'Done.', num_turns: 1 });

/** A Claude Code whose tools say a great deal: every event is read, against a child that writes the same to a file. */
export const run: Run = async ({ quick }) => {
  const megabytes = quick ? 100 : 1_000;
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  const output = join(folder, 'out');
  const bin = join(folder, 'claude');
  const flood = `yes '${EVENT}' | head -c ${megabytes}000000; echo; echo '${RESULT}'`;
  writeFileSync(bin, `#!/bin/sh\ncat > /dev/null\n${flood}\n`);
  chmodSync(bin, 0o755);
  try {
    const plainBegan = performance.now();
    const child = spawn('/bin/sh', ['-c', flood], { stdio: ['ignore', openSync(output, 'w'), 'ignore'] });
    await once(child, 'exit');
    const plain = (performance.now() - plainBegan) / 1000;

    const agent = await bareAgent(claude({ bin, timeout: 0 }), { PATH: process.env.PATH ?? '' });
    globalThis.gc?.();
    const idle = process.memoryUsage.rss();
    let peak = idle;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 10);
    // What another run of the same Milton would feel.
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const began = performance.now();
    const report = await agent.run(
      { run: `req_bench${process.pid}`, prompt: 'Say much.', folder, access: 'write', output },
      { signal: new AbortController().signal, note: async () => {}, progress: () => {}, used: () => {} },
    );
    const seconds = (performance.now() - began) / 1000;
    delay.disable();
    clearInterval(watch);
    if (report.status !== 'succeeded' || statSync(output).size < megabytes * 1e6) throw new Error('output was lost');
    return [
      {
        what: `${megabytes} MB of events, all read`,
        unit: 's',
        value: seconds,
        reference: { what: 'straight to a file', value: plain },
      },
      { what: 'memory above idle', unit: 'MB', value: (peak - idle) / 2 ** 20, targets: [{ atMost: 100 }] },
      { what: 'longest wait of others', unit: 'ms', value: (delay.max - 5e6) / 1e6, targets: [{ atMost: 100 }] },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
