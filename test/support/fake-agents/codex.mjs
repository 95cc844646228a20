#!/usr/bin/env node
// Speaks like Codex, as FAKE_ACT says. Records how it was called in FAKE_LOG.
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const act = process.env.FAKE_ACT ?? 'work';
const args = process.argv.slice(2);
const say = (event) => writeSync(1, `${JSON.stringify(event)}\n`);
const done = () =>
  say({ type: 'turn.completed', usage: { input_tokens: 300, cached_input_tokens: 200, output_tokens: 60 } });
const fail = (message) => {
  say({ type: 'error', message });
  say({ type: 'turn.failed', error: { message } });
  process.exit(1);
};
let items = 0;
const item = (fields) => say({ type: 'item.completed', item: { id: `item_${items++}`, ...fields } });
const refuse = (message, code) => {
  console.error(message);
  process.exit(code);
};

console.error('WARNING: proceeding, even though we could not create PATH aliases: Refusing to create helper binaries');
if (args[0] === '--version') {
  if (act === 'broken') refuse('cannot open shared object', 127);
  console.log(act === 'old' ? 'codex-cli 0.42.0' : 'codex-cli 0.169.0');
} else if (args[0] === 'login') {
  if (act === 'unreadable') refuse('Error loading configuration: config.toml:1:19: unclosed array', 1);
  if (act === 'logged-out') refuse('Not logged in', 1);
  console.error('Logged in using ChatGPT');
} else if (args[0] === 'sandbox') {
  if (act === 'no-sandbox') refuse('bwrap: setting up uid map: Permission denied', 1);
  console.log(act === 'open-sandbox' ? 'readable' : 'hidden');
} else if (act === 'unknown-flag') {
  refuse("error: unexpected argument '--skip-git-repo-check' found\n\nUsage: codex exec [OPTIONS]", 2);
} else if (act.startsWith('knows no ') && args.includes(act.slice(9))) {
  refuse(`error: unexpected argument '${act.slice(9)}' found`, 2);
} else if (args.includes('--help')) {
  console.log('Run Codex non-interactively');
} else {
  const prompt = await text(process.stdin);
  if (process.env.FAKE_LOG)
    writeFileSync(process.env.FAKE_LOG, JSON.stringify({ args, prompt, env: process.env, cwd: process.cwd() }));
  say({ type: 'thread.started', thread_id: `thread-${process.pid}` });
  say({ type: 'turn.started' });
  await perform(prompt);
}

async function perform(prompt) {
  const write = !args.some((each) => each.includes('":read-only"'));
  switch (act) {
    case 'work':
      item({ type: 'agent_message', text: 'Working.' });
      item({ type: 'command_execution', command: "/bin/bash -lc 'git status'", exit_code: 0, status: 'completed' });
      if (write) {
        appendFileSync('made.txt', `${prompt.trim()}\n`);
        item({
          type: 'file_change',
          changes: [{ path: join(process.cwd(), 'made.txt'), kind: 'add' }],
          status: 'completed',
        });
      }
      item({ type: 'agent_message', text: write ? 'Made made.txt.' : 'The answer.' });
      return done();
    case 'fail':
      return fail('{"error":{"message":"prompt is too long","code":null}}');
    case 'limit':
      return fail('Quota exceeded. Check your plan and billing details.');
    case 'flood':
      for (let n = 0; n < 4_000; n++) item({ type: 'reasoning', text: 'x'.repeat(1_000) });
      item({ type: 'agent_message', text: 'Much was said.' });
      return done();
    case 'crash':
      writeSync(2, 'Segmentation fault\n');
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, 600_000));
      break;
    case 'offline':
      setInterval(() => say({ type: 'error', message: 'Reconnecting... waiting for network (Connection failed)' }), 50);
      break;
    case 'hang':
      // As the real one does: no last event. First of all: whoever hears of its work may stop it.
      process.on('SIGINT', () => process.exit(1));
      if (write) appendFileSync('half.txt', 'half\n');
      spawn('sh', ['-c', 'trap "" TERM INT HUP; while :; do sleep 600; done'], {
        detached: true,
        stdio: 'ignore',
      }).unref();
      say({ type: 'item.started', item: { id: 'item_0', type: 'command_execution', command: 'sleep 600' } });
      await new Promise((resolve) => setTimeout(resolve, 600_000));
      break;
    default:
      throw new Error(`no such act: ${act}`);
  }
}
