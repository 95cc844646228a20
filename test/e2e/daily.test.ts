// A day on the command line: the built Milton as a process, the real ntfy server, the rehearsal agent, and a terminal where it takes one.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitRepo, gitRepo } from '../support/git-repo.ts';
import { InstalledMilton } from '../support/milton.ts';
import { NtfyServer } from '../support/ntfy-server.ts';

let server: NtfyServer;
let repo: GitRepo;
let milton: InstalledMilton;
beforeAll(async () => {
  server = await NtfyServer.start();
  repo = gitRepo();
  milton = new InstalledMilton({
    config: `import { authorise, classify, commands, dedupe, defineConfig, execute, limits, ntfy, promptBuild, publish, queue, rehearsal,
      research, sqlite, summarise, local } from 'milton-orchestrator';
    export default defineConfig({
      repositories: { app: { path: '${repo.path}', test: 'sleep 1' } },
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

/** Runs a command on a terminal; what appears there. */
async function onTerminal(line: string, env: Record<string, string> = {}): Promise<string> {
  const { stdout } = await promisify(execFile)('script', ['-qec', line, '/dev/null'], {
    cwd: milton.folder,
    env: {
      PATH: process.env.PATH,
      HOME: `${milton.folder}/home`,
      STATE_DIR: milton.state,
      TERM: 'xterm-256color',
      ...env,
    },
  });
  return stdout;
}
const MILTON = `'${process.execPath}' '${new URL('../../dist/src/cli/main.js', import.meta.url).pathname}'`;

test('a request is sent, followed, read, compared, run again and counted', async () => {
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
  expect(Date.now() - Date.parse(heardAt)).toBeLessThan(60_000);
  expect((await milton.command('cost')).stdout).toMatch(/ app +rehearsal +2 /);
  expect((await milton.command('logs', '--lines', '200')).stdout).toContain(`run done run=${again}`);
});

test('on a terminal one line tells what it does now, and leaves nothing behind; a command is not waited for', async () => {
  const seen = await onTerminal(`${MILTON} send -f 'CODE: add another page'`);
  expect(seen).toMatch(/\r\x1b\[K\S \ds /);
  expect(seen).toContain('s Noted the request in REHEARSAL.md.');
  expect(seen.split('\r\x1b[K').at(-1)).toMatch(/^\x1b\[2m\d\d:\d\d:\d\d\x1b\[22m ✅ /);
  expect(await onTerminal(`${MILTON} send -f 'CODE: on a dumb one'`, { TERM: 'dumb' })).not.toContain('\x1b[K');
  expect(await milton.command('send', '-f', 'STATUS')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Milton has heard something since, and answered it otherwise.'),
  });
});
