// What becomes of a request beyond one agent's own work, on real parts: a second agent takes over, the repository's own
// commands judge, and both are told to the phone and on the command line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acknowledged, final, idIn, Journey, processesOf, type Setting, writes } from '../support/journey.ts';
import { NtfyServer } from '../support/ntfy-server.ts';

let server: NtfyServer;
beforeAll(async () => {
  server = await NtfyServer.start();
});
afterAll(() => server?.stop());

const start = (setting: Setting) => Journey.start(server, setting);

async function send(journey: Journey, text: string): Promise<string> {
  await journey.phone.send(`CODE: ${text}`);
  return idIn(await acknowledged(journey, text));
}

/** How often each of the two agents was started for a request, as their model services and the phone saw it. */
function starts({ stub, codex, phone }: Journey, request: string) {
  const conversations = [stub, codex!].map(({ requests }) => new Set(requests.map(({ session }) => session)).size);
  const titles = phone.notices.map(({ title }) => title).filter((title) => title.startsWith(`🔨 [${request}]`));
  // A kill between the server's answer and Milton's note of it may repeat a notice, with the same words.
  return { conversations, titles: [...new Set(titles)].map((title) => title.split('] ')[1]) };
}

const usedUp = { turns: [{ error: { status: 429, message: 'the account is used up' }, times: -1 }] };
const onceEach = { conversations: [1, 1], titles: ['Claude Code started', 'Codex started'] };

describe('Codex takes over where the account of Claude Code is used up', () => {
  test('and does the work on a branch of its own; both are told', async () => {
    await using journey = await start({
      scenario: usedUp,
      codex: { turns: [{ shell: 'echo done > login.txt' }, { text: 'Wrote login.txt.' }] },
      env: { CLAUDE_CODE_MAX_RETRIES: '0' },
    });
    const request = await send(journey, 'add a login');
    const done = await final(journey, request);
    expect(done.title).toBe(`✅ [${request}] Codex finished`);
    expect(done.body).toMatch(/Claude Code could not: .*429/);
    const takeover = await journey.phone.notice(({ title }) => title.startsWith('🔁'));
    expect(takeover.title).toBe(`🔁 [${request}] Claude Code could not go on, Codex takes over`);
    expect(journey.branches()).toEqual([`milton/${request}-add-a-login-codex`]);
    expect(journey.app.git('show', `${journey.branches()[0]}:login.txt`)).toBe('done');
    expect(journey.app.git('rev-list', '--count', `main..${journey.branches()[0]}`)).toBe('1');
    expect(starts(journey, request)).toEqual(onceEach);
    expect(journey.stub.requests).toHaveLength(1);
  });

  test('and is killed with Milton: told once, its work kept, nobody started again, nothing left', async () => {
    await using journey = await start({
      scenario: usedUp,
      codex: { turns: [{ shell: 'echo half > half.txt' }, { hang: true, times: -1 }] },
      env: { CLAUDE_CODE_MAX_RETRIES: '0' },
    });
    const request = await send(journey, 'be killed');
    await expect.poll(() => journey.codex!.requests.length, { timeout: 90_000 }).toBe(2);
    await journey.milton.stop('SIGKILL');
    expect(processesOf(request).length).toBeGreaterThan(0);
    await journey.milton.start();
    const done = await final(journey, request);
    expect(done.title).toBe(`⚠️ [${request}] interrupted`);
    expect(processesOf(request)).toEqual([]);
    expect(journey.app.git('show', `milton/${request}-be-killed-codex:half.txt`)).toBe('half');
    // Whatever it would start or say after that has happened once it has answered this.
    await journey.phone.send('STATUS');
    await journey.phone.notice(({ title }) => title === 'Nothing is running');
    expect(starts(journey, request)).toEqual(onceEach);
    expect(journey.finals()).toHaveLength(1);
    expect(await journey.milton.runs()).toMatchObject([{ id: request, state: 'interrupted' }]);
  });
});

describe('a repository that names what a copy needs and its tests', () => {
  test('has them judge the work; the phone and the command line tell what they said, and what was changed', async () => {
    await using journey = await start({
      scenario: {
        routes: [
          { when: 'add a file', turns: writes('good.txt', 'good\n') },
          { when: 'break it', turns: writes('bad.txt', 'bad\n') },
        ],
      },
      repositoryOptions:
        "copy: ['.env.test'], prepare: 'cp .env.test prepared', test: 'cat prepared && test ! -e bad.txt && echo all well'",
    });
    const { app, phone } = journey;
    writeFileSync(join(app.path, '.gitignore'), '.env.test\nprepared\n');
    writeFileSync(join(app.path, '.env.test'), 'from the copy\n');
    app.git('add', '.');
    app.git('commit', '--quiet', '-m', 'Ignore');

    const good = await send(journey, 'add a file');
    const passed = await final(journey, good);
    expect(passed.title).toBe(`✅ [${good}] Claude Code finished`);
    expect(passed.body).toContain('1 file +1 −0 · tests pass · done');
    expect(passed.body).toContain('good.txt +1 −0');

    await phone.send('DIFF last');
    const change = await phone.notice(({ title }) => title.includes(`${good}: 1 file`));
    expect(change.body).toContain(`milton/${good}-add-a-file`);
    expect(change.body).toContain('+good');
    const shown = await journey.milton.command('runs', 'show', 'last');
    expect(shown.stdout).toMatch(/## Tests\s+\$ cat prepared.*\s+from the copy\s+all well\s+\(tests pass, /);

    const bad = await send(journey, 'break it');
    const failed = await final(journey, bad);
    expect(failed.title).toBe(`⚠️ [${bad}] Claude Code finished, but tests fail`);
    expect(failed.body).toContain('1 file +1 −0 · tests fail · done');
    expect(journey.branches()).toHaveLength(2);
  });
});
