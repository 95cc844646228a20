#!/usr/bin/env node
// Speaks like Claude Code, as FAKE_ACT says. Records how it was called in FAKE_LOG.
import { spawn } from 'node:child_process';
import { appendFileSync, writeFileSync, writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const act = process.env.FAKE_ACT ?? 'work';
const args = process.argv.slice(2);
const say = (event) => writeSync(1, `${JSON.stringify(event)}\n`);
const session = args[args.indexOf(args.includes('--resume') ? '--resume' : '--session-id') + 1];
const result = (fields) =>
  say({
    type: 'result',
    subtype: 'success',
    is_error: false,
    num_turns: 2,
    total_cost_usd: 0.01,
    session_id: session,
    permission_denials: [],
    ...fields,
  });

if (args[0] === '--version') {
  if (act === 'broken') {
    console.error('cannot open shared object');
    process.exit(127);
  }
  const version = { old: '1.0.71', heeds: '2.1.197' }[act] ?? '2.1.330';
  console.log(`${version} (Claude Code)`);
} else if (args[0] === 'auth') {
  console.log(JSON.stringify({ loggedIn: act !== 'logged-out' }));
  process.exitCode = act === 'logged-out' ? 1 : 0;
} else if (act.startsWith('knows no ') && args.includes(act.slice(9))) {
  console.error(`error: unknown option '${act.slice(9)}'`);
  process.exitCode = 1;
} else {
  const prompt = await text(process.stdin);
  if (process.env.FAKE_LOG)
    writeFileSync(process.env.FAKE_LOG, JSON.stringify({ args, prompt, env: process.env, cwd: process.cwd() }));
  if (prompt === '') {
    console.error('Error: Input must be provided either through stdin or as a prompt argument when using --print');
    process.exit(1);
  }
  say({ type: 'system', subtype: 'init', session_id: session });
  await perform(prompt);
}

async function perform(prompt) {
  const tool = (name, input) => say({ type: 'assistant', message: { content: [{ type: 'tool_use', name, input }] } });
  const write = !args.includes('--tools');
  switch (act) {
    case 'work':
    case 'heeds':
      if (write) {
        tool('Write', { file_path: 'made.txt' });
        appendFileSync('made.txt', `${prompt.trim()}\n`);
      }
      say({ type: 'assistant', message: { content: [{ type: 'text', text: 'Working.' }] } });
      return result({ result: write ? 'Made made.txt.' : 'The answer.' });
    case 'linger':
      result({ result: 'Done.' });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      break;
    case 'idle-claim':
      return result({ result: 'All done!' });
    case 'denied':
      return result({
        result: 'I could not.',
        permission_denials: [{ tool_name: 'Bash', tool_input: { command: 'npm test' } }],
      });
    case 'fail':
      result({ is_error: true, api_error_status: 400, result: 'API Error: 400 prompt is too long' });
      process.exit(1);
      break;
    case 'flood':
      for (let n = 0; n < 4_000; n++) say({ type: 'user', noise: 'x'.repeat(1_000) });
      return result({ result: 'Much was said.' });
    case 'endless':
      setInterval(() => say({ type: 'user', noise: 'x'.repeat(100_000) }), 1);
      await new Promise(() => {});
      break;
    case 'crash':
      writeSync(2, 'Segmentation fault\n');
      process.kill(process.pid, 'SIGKILL');
      break;
    case 'wait':
      await new Promise((resolve) => setTimeout(resolve, 600_000));
      break;
    case 'hang': {
      // First of all: whoever hears of its work may stop it.
      process.on('SIGINT', () => {
        result({ subtype: 'error_during_execution', is_error: true, errors: ['interrupted'] });
        process.exit(0);
      });
      if (write) appendFileSync('half.txt', 'half\n');
      const marker = process.env.FAKE_MARKER ?? '';
      if (marker) appendFileSync('busy', '');
      spawn('sh', ['-c', `trap "" TERM INT HUP; : ${marker}; while :; do sleep 600; done`], {
        detached: true,
        stdio: 'ignore',
      }).unref();
      tool('Bash', { command: 'sleep 600' });
      await new Promise((resolve) => setTimeout(resolve, 600_000));
      break;
    }
    default:
      throw new Error(`no such act: ${act}`);
  }
}
