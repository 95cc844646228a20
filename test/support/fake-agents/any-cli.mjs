#!/usr/bin/env node
// Speaks as no program in particular, in the manner of FAKE_MODE, and does what FAKE_ACT says. Records how it was called in FAKE_LOG.
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const { FAKE_ACT: act = 'work', FAKE_MODE: mode = 'jsonl', FAKE_LOG: log } = process.env;
const args = process.argv.slice(2);
const write = !args.includes('--read');
const session = 'ses_1';

const print = (line) => writeSync(1, `${line}\n`);
const say = (event, words) => (mode === 'text' ? print(words) : mode === 'jsonl' && print(JSON.stringify(event)));
const tool = (name) => say({ type: 'tool', sessionID: session, part: { tool: name } }, `Using ${name}`);
/** The end of it, as far as the mode has one. */
const report = (words) => {
  if (mode === 'json') return print(JSON.stringify({ answer: words, session, stats: { tokens: [30, 12] } }, null, 2));
  say({ type: 'text', sessionID: session, part: { text: words } }, words);
  if (mode === 'jsonl')
    print(JSON.stringify({ type: 'finish', part: { cost: 0.5, tokens: { input: 30, output: 12 } } }));
};

if (args[0] === '--version') {
  console.log(process.env.FAKE_VERSION ?? 'any-cli v1.18.33 (build 9.9.9)');
  process.exitCode = Number(process.env.FAKE_PROBE ?? 0);
  if (process.exitCode) console.error('cannot open shared object');
} else if (args[0] === 'whoami') {
  process.exitCode = act === 'logged-out' ? 3 : 0;
} else {
  const prompt = await text(process.stdin);
  if (log) {
    const file = args.find((word) => existsSync(word) && statSync(word).isFile());
    const read = file && { text: readFileSync(file, 'utf8'), mode: statSync(file).mode & 0o777 };
    writeFileSync(log, JSON.stringify({ args, prompt, file: read, env: process.env, cwd: process.cwd() }));
  }
  await perform(prompt);
}

async function perform(prompt) {
  switch (act) {
    case 'work':
      if (mode === 'jsonl') print('{"type":"text","part":{"text":7}}\nno JSON\n[1]\nnull\n{"type":"news"}');
      tool('write');
      if (write) appendFileSync('made.txt', `${prompt}\n`);
      return report(write ? 'Made made.txt.' : 'The answer.');
    case 'fail':
      if (mode === 'json') return writeSync(2, 'Warning\n{\n  "error": {\n    "message": "no credit"\n  }\n}\n');
      say({ type: 'error', error: { message: 'no\ncredit' } }, 'It is broken');
      writeSync(2, 'a detail\nno credit\n');
      process.exitCode = mode === 'text' ? 4 : 0;
      break;
    case 'flood':
      for (let n = 0; n < 4_000; n++) say({ type: 'noise', noise: 'x'.repeat(1_000) }, 'x'.repeat(1_000));
      return report('Much was said.');
    case 'exit':
      report('Done.');
      process.exitCode = 3;
      break;
    case 'endless':
      say({ type: 'text', part: { text: 'Half of' } }, 'Half of');
      writeSync(2, 'lost the connection\n');
      break;
    case 'hang': {
      if (write) appendFileSync('half.txt', 'half\n');
      // First of all: whoever hears of its work may stop it.
      for (const signal of ['SIGINT', 'SIGTERM']) {
        process.on(signal, () => {
          writeSync(2, `${signal}\n`);
          report('Interrupted.');
          process.exit(0);
        });
      }
      spawn('sh', ['-c', 'trap "" TERM INT HUP; while :; do sleep 600; done'], {
        detached: true,
        stdio: 'ignore',
      }).unref();
      tool('bash');
      await new Promise((resolve) => setTimeout(resolve, 600_000));
      break;
    }
    default:
      throw new Error(`no such act: ${act}`);
  }
}
