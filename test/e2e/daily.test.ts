// A day on the command line: the built Milton as a process, the real ntfy server, the rehearsal agent, and a terminal where it takes one.
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitRepo, gitRepo } from '../support/git-repo.ts';
import { InstalledMilton } from '../support/milton.ts';
import { NtfyServer } from '../support/ntfy-server.ts';

let server: NtfyServer;
let repo: GitRepo;
let milton: InstalledMilton;
/** As long as it is there, the tests of the repository go on. */
let hold: string;
beforeAll(async () => {
  server = await NtfyServer.start();
  repo = gitRepo();
  hold = `${repo.root}/hold`;
  milton = new InstalledMilton({
    config: `import { authorise, classify, commands, dedupe, defineConfig, execute, limits, ntfy, promptBuild, publish, queue, rehearsal,
      research, sqlite, summarise, local } from 'milton-orchestrator';
    export default defineConfig({
      repositories: { app: { path: '${repo.path}', test: 'while test -e ${hold}; do sleep 0.1; done' } },
      transports: [ntfy({ baseUrl: '${server.url}', askTopic: 'ask-daily', answerTopic: 'answer-daily' })],
      store: sqlite(), agents: [rehearsal()],
      pipeline: [dedupe(), authorise(), classify(), limits(), commands(), queue(), research({ providers: [local()] }), promptBuild(),
        execute(), summarise(), publish()],
    });`,
  });
  await milton.command('keys', 'new');
  await milton.start();
});
afterAll(async () => {
  await milton[Symbol.asyncDispose]();
  repo[Symbol.dispose]();
  await server.stop();
});

/** Runs a command on a terminal; what appears there, and may be watched as it does. */
async function onTerminal(line: string, env: Record<string, string> = {}, watch = (_: string) => {}): Promise<string> {
  const running = promisify(execFile)('script', ['-qec', line, '/dev/null'], {
    cwd: milton.folder,
    env: {
      PATH: process.env.PATH,
      HOME: `${milton.folder}/home`,
      STATE_DIR: milton.state,
      TERM: 'xterm-256color',
      ...env,
    },
  });
  let shown = '';
  running.child.stdout?.on('data', (text: string) => {
    shown += text;
    watch(shown);
  });
  return (await running).stdout;
}
const MILTON = `'${process.execPath}' '${new URL('../../dist/src/cli/main.js', import.meta.url).pathname}'`;

test('a request is sent, followed, read, compared, run again and counted', async () => {
  const began = Date.now();
  const sent = await milton.command('send', '--follow', 'CODE: add a login page');
  expect(sent).toMatchObject({ code: 0, stderr: '' });
  const [id] = /req_\w+/.exec(sent.stdout)!;
  for (const said of ['got it', 'Rehearsal started', 'finished']) expect(sent.stdout).toContain(said);
  expect(sent.stdout).not.toContain('\r');

  expect((await milton.command('runs', 'logs', id)).stdout).toMatch(/^ {2}│ Edit REHEARSAL\.md$/m);
  const diff = await milton.command('runs', 'diff', id);
  expect(diff).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\+add a login page$/m) });
  expect((await milton.command('runs', 'diff', id, '--stat')).stdout).toContain('REHEARSAL.md +');
  expect(await onTerminal(`${MILTON} runs diff ${id}`, { PAGER: 'sed s/^/paged:/' })).toMatch(
    /paged:\x1b\[32m\+add a login page/,
  );
  expect(await onTerminal(`${MILTON} runs diff ${id}`, { PAGER: 'cat', NO_COLOR: '1' })).toMatch(
    /^\+add a login page\r$/m,
  );

  expect(await onTerminal(`${MILTON} runs diff ${id}`, { PAGER: 'no-such-pager' })).toContain('+add a login page');

  const again = (await milton.command('runs', 'retry', id)).stdout.trim();
  expect((await milton.command('runs', 'logs', '-f', again)).code).toBe(0);
  const { running, connections, heardAt, budgets } = JSON.parse((await milton.command('status', '--json')).stdout);
  expect({ running, connections, budgets }).toMatchObject({
    running: true,
    connections: [{ transport: 'ntfy', state: 'connected' }],
    budgets: [{ what: 'agents' }, { what: 'research' }, { what: 'requests', used: { requests: 2 } }],
  });
  expect(Date.parse(heardAt)).toBeGreaterThanOrEqual(began);
  expect((await milton.command('cost')).stdout).toMatch(/ app +rehearsal +2 /);
  expect((await milton.command('logs', '--lines', '200')).stdout).toContain(`run done run=${again}`);
});

test('on a terminal one line tells what it does now, and leaves nothing behind; a command is not waited for', async () => {
  writeFileSync(hold, '');
  // It goes on once that has been seen.
  const noted = (shown: string) =>
    shown.includes('s Noted the request in REHEARSAL.md.') && rmSync(hold, { force: true });
  const seen = await onTerminal(`${MILTON} send -f 'CODE: add another page'`, {}, noted);
  expect(seen).toMatch(/\r\x1b\[K\S \d+s /);
  // What is written over is gone, also where the line was drawn once more behind the last notice.
  const stays = seen.replaceAll(/[^\n]*\r\x1b\[K/g, '');
  expect(stays).not.toMatch(/^\S \d+s /m);
  expect(stays.split(/^(?=\x1b\[2m\d\d:)/m).at(-1)).toMatch(/^\x1b\[2m\d\d:\d\d:\d\d\x1b\[22m ✅ [\s\S]*\n$/);
  expect(await onTerminal(`${MILTON} send -f 'CODE: on a dumb one'`, { TERM: 'dumb' })).not.toContain('\x1b[K');
  expect(await milton.command('send', '-f', 'STATUS')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Milton has heard something since, and answered it otherwise.'),
  });
});
