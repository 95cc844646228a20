import { spawn } from 'node:child_process';
import { appendFileSync, writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';

const FILE = 'REHEARSAL.md';
const FLOOD_LINES = 4_000;

const say = (event: object) => writeSync(1, `${JSON.stringify(event)}\n`);

const [act, access] = process.argv.slice(2);
const prompt = await text(process.stdin);
// Of a prompt with headings, what stands under the first one.
const request = (prompt.split(/^#.*$/m)[1] ?? prompt).trim();

switch (act) {
  case 'fail':
    say({ report: { text: 'I rehearse a failure.', failed: 'It rehearsed a failure, as its option "act" says.' } });
    process.exitCode = 1;
    break;
  case 'limit':
    say({ report: { text: '', failed: 'It rehearsed a used up account, as its option "act" says.', limit: true } });
    process.exitCode = 1;
    break;
  case 'hang':
    await hang();
    break;
  case 'flood':
    for (let n = 0; n < FLOOD_LINES; n++) say({ noise: 'x'.repeat(1_000) });
    say({ report: { text: `I wrote ${FLOOD_LINES} lines of noise.` } });
    break;
  default:
    work();
}

function work(): void {
  if (access === 'read') {
    say({ report: { text: `A real agent would answer this:\n\n${request}` } });
    return;
  }
  say({ progress: `Edit ${FILE}` });
  appendFileSync(FILE, `## ${new Date().toISOString()}\n\n${request}\n\n`);
  say({ report: { text: `Noted the request in ${FILE}. A real agent would have carried it out.` } });
}

/** Leaves behind what badly behaved commands leave behind: a process in its own session that does not heed SIGTERM. */
async function hang(): Promise<void> {
  if (access === 'write') appendFileSync(FILE, 'Begun, and not finished.\n');
  const straggler = spawn('sh', ['-c', 'trap "" TERM INT HUP; while :; do sleep 600; done'], {
    detached: true,
    stdio: 'ignore',
  });
  straggler.unref();
  say({ progress: 'waiting to be stopped' });
  await new Promise((resolve) => setTimeout(resolve, 3_600_000));
}
