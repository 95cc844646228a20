// The main job on real parts: the real ntfy server, the real Claude Code talking to a stub of its model service, real
// repositories, and Milton as an installed program in a process of its own.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gitRepo } from '../support/git-repo.ts';
import {
  acknowledged,
  final,
  idIn,
  Journey,
  processesOf,
  type Setting,
  STEPS,
  WORK,
  writes,
} from '../support/journey.ts';
import { NtfyServer } from '../support/ntfy-server.ts';

let server: NtfyServer;
beforeAll(async () => {
  server = await NtfyServer.start();
});
afterAll(() => server?.stop());

const start = (setting: Setting) => Journey.start(server, setting);

describe('from the phone to a commit', () => {
  test('CODE: acknowledged at once, told how it goes, and a commit on a branch of its own', async () => {
    await using journey = await start({ scenario: { turns: writes('login.txt') } });
    writeFileSync(join(journey.app.path, 'half-done.txt'), 'mine\n');
    const before = { head: journey.app.git('rev-parse', 'main'), status: journey.app.git('status', '--porcelain') };
    const sent = Date.now();
    await journey.phone.send('CODE: add a login feature');
    const ack = await acknowledged(journey, 'add a login feature');
    expect(ack.at - sent).toBeLessThan(1500);
    const request = idIn(ack);
    const done = await final(journey, request);

    expect(done.title).toBe(`✅ [${request}] Claude Code finished`);
    expect(done.body).toMatch(/login\.txt \+1 −0/);
    const titles = journey.phone.notices.filter((n) => n.title.includes(request)).map((n) => n.title.split(' ')[0]);
    expect(titles).toEqual(['👂', '🔎', '🔨', '✅']);

    const [branch] = journey.branches();
    expect(branch).toBe(`milton/${request}-add-a-login-feature`);
    expect(done.body).toContain(branch);
    expect(journey.app.git('show', `${branch}:login.txt`)).toBe('done');
    expect(journey.app.git('rev-list', '--count', `main..${branch}`)).toBe('1');
    expect({ head: journey.app.git('rev-parse', 'main'), status: journey.app.git('status', '--porcelain') }).toEqual(
      before,
    );
    expect(journey.app.git('branch', '--show-current')).toBe('main');

    const report = join(journey.milton.state, 'output', `${request}.txt`);
    expect(readFileSync(report, 'utf8')).toContain('Wrote login.txt.');
    expect(statSync(report).mode & 0o777).toBe(0o600);
    expect(journey.stub.requests[0]!.first).toContain('add a login feature');
    expect(await journey.milton.runs()).toMatchObject([{ id: request, state: 'done' }]);
    expect(await journey.milton.stop()).toBe('143');
  });

  test('RESEARCH: an answer, and nothing changed anywhere', async () => {
    await using journey = await start({ scenario: { turns: [{ text: 'A cookie, see auth.js:12.' }] } });
    await journey.phone.send('research: how does auth work?');
    const request = idIn(await acknowledged(journey, 'how does auth work?'));
    const answer = await final(journey, request);
    expect(answer.title).toMatch(/^🔎/u);
    expect(answer.body).toContain('A cookie, see auth.js:12.');
    expect(journey.app.git('status', '--porcelain')).toBe('');
    expect(journey.branches()).toEqual([]);
    expect(journey.app.git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(journey.stub.requests[0]!.tools).not.toContain('Write');
  });

  test('the same message delivered again, also after a restart, runs once', async () => {
    await using journey = await start({ scenario: { turns: writes('once.txt') } });
    await journey.phone.send('CODE: do it once');
    const request = idIn(await acknowledged(journey, 'do it once'));
    await final(journey, request);
    // A start asks the server for the last minutes again, so this message is delivered a second and a third time.
    for (let restart = 0; restart < 2; restart++) {
      await journey.milton.stop('SIGKILL');
      await journey.milton.start();
    }
    await journey.phone.send('STATUS');
    await journey.phone.notice(({ title }) => title === 'Nothing is running');
    expect(await journey.milton.runs()).toMatchObject([{ id: request, state: 'done' }]);
    expect(journey.phone.notices.filter((notice) => notice.title.startsWith('👂'))).toHaveLength(1);
    // A kill between the server's answer and Milton's note of it may repeat a final notice, with the same words.
    expect(new Set(journey.finals().map((notice) => notice.title)).size).toBe(1);
  });

  test('two repositories at once', async () => {
    await using journey = await start({
      repositories: ['app', 'api'],
      scenario: {
        routes: [
          { when: 'work on the app', turns: writes('a.txt', 'a\n', { held: true }) },
          { when: 'work on the api', turns: writes('b.txt', 'b\n', { held: true }) },
        ],
      },
    });
    await journey.phone.send('CODE @app: work on the app');
    await journey.phone.send('CODE @api: work on the api');
    const requests = [
      idIn(await acknowledged(journey, 'work on the app')),
      idIn(await acknowledged(journey, 'work on the api')),
    ];
    // Both ask their model before it answers either of them.
    await expect.poll(() => journey.stub.requests.length, { timeout: 60_000 }).toBe(2);
    expect(requests.map((request) => processesOf(request).length > 0)).toEqual([true, true]);
    journey.stub.release();
    for (const request of requests) await final(journey, request);
    expect(journey.branches('app')).toHaveLength(1);
    expect(journey.branches('api')).toHaveLength(1);
    expect(journey.repositories.api!.git('show', `${journey.branches('api')[0]}:b.txt`)).toBe('b');
  });

  test('three requests to one repository, one at a time and in order', async () => {
    await using journey = await start({
      scenario: {
        routes: ['one', 'two', 'three'].map((word) => ({
          when: `step ${word}`,
          turns: writes(`${word}.txt`, 'x\n', { held: word === 'one' }),
        })),
      },
    });
    const requests: string[] = [];
    for (const word of ['one', 'two', 'three']) {
      await journey.phone.send(`CODE: step ${word}`);
      requests.push(idIn(await acknowledged(journey, `step ${word}`)));
    }
    const third = await acknowledged(journey, 'step three');
    expect(third.body).toContain('2 before it');
    journey.stub.release();
    for (const request of requests) await final(journey, request);
    const marks = journey.phone.notices
      .filter((notice) => /^(🔨|✅)/u.test(notice.title))
      .map((notice) => `${notice.title.split(' ')[0]}${requests.indexOf(idIn(notice))}`);
    expect(marks).toEqual(['🔨0', '✅0', '🔨1', '✅1', '🔨2', '✅2']);
  });
});

describe('when things go wrong', () => {
  test('CANCEL stops a running agent with everything it started', async () => {
    await using journey = await start({
      scenario: {
        turns: [
          {
            tool: 'Bash',
            input: {
              command: '(setsid sleep 600 >/dev/null 2>&1 &); trap "" TERM; tail -f /dev/null',
              description: 'Never ends',
              timeout: 600_000,
            },
          },
          { hang: true, times: -1 },
        ],
      },
      agentOptions: ", permissionMode: 'bypassPermissions', allowedTools: []",
    });
    await journey.phone.send('CODE: never end');
    const request = idIn(await acknowledged(journey, 'never end'));
    // The command it runs, and the straggler that left its process group.
    await expect.poll(() => processesOf(request).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(4);
    await journey.phone.send(`cancel ${request.replace('req_', '').split('').join(' ')}`);
    const done = await final(journey, request);
    expect(done.title).toBe(`🛑 [${request}] cancelled`);
    expect(processesOf(request)).toEqual([]);
    expect(await journey.milton.runs()).toMatchObject([{ id: request, state: 'cancelled' }]);
  });

  test('an agent that is not installed is named as such', async () => {
    await using journey = await start({
      scenario: { turns: [] },
      env: { CLAUDE_BIN: '/nowhere/claude' },
    });
    await journey.phone.send('CODE: try');
    const request = idIn(await acknowledged(journey, 'try'));
    const done = await final(journey, request);
    expect(done.title).toBe(`❌ [${request}] Claude Code failed`);
    expect(done.body).toContain('/nowhere/claude');
    expect(done.body).not.toContain('ENOENT');
  });

  test('an agent that fails says why, and its half-done work is kept on the branch', async () => {
    await using journey = await start({
      scenario: {
        turns: [
          { tool: 'Write', input: { file_path: '{{cwd}}/half.txt', content: 'half\n' } },
          { error: { status: 400, message: 'the stub refuses' }, times: -1 },
        ],
      },
    });
    await journey.phone.send('CODE: fail half-way');
    const request = idIn(await acknowledged(journey, 'fail half-way'));
    const done = await final(journey, request);
    expect(done.title).toBe(`❌ [${request}] Claude Code failed`);
    expect(done.body).toContain('the stub refuses');
    expect(journey.app.git('show', `${journey.branches()[0]}:half.txt`)).toBe('half');
  });

  test('the ntfy server restarted in the middle: the final notice still arrives, and so do later messages', async () => {
    await using journey = await start({
      scenario: {
        routes: [
          { when: 'slow', turns: writes('slow.txt', 'x\n', { held: true }) },
          { when: 'after', turns: writes('after.txt') },
        ],
      },
      env: { NTFY_RECONNECT_BACKOFF_MAX: '1' },
    });
    await journey.phone.send('CODE: slow work');
    const request = idIn(await acknowledged(journey, 'slow work'));
    await journey.phone.notice((notice) => notice.title.startsWith('🔨'));
    await server.halt();
    journey.stub.release();
    // Its end is there to be told while nobody can be told.
    await expect.poll(() => journey.milton.runs(), { timeout: 60_000 }).toMatchObject([{ id: request, state: 'done' }]);
    await server.resume();
    await final(journey, request);
    await journey.phone.send('CODE: work after the restart');
    const second = idIn(await acknowledged(journey, 'after the restart'));
    await final(journey, second);
    expect((await journey.milton.runs()).map((run) => run.state)).toEqual(['done', 'done']);
  });

  test('three messages sent while Milton was down are all done, once, in order', async () => {
    await using journey = await start({
      scenario: {
        routes: ['one', 'two', 'three'].map((word) => ({ when: `late ${word}`, turns: writes(`${word}.txt`) })),
      },
    });
    await journey.milton.stop();
    for (const word of ['one', 'two', 'three']) await journey.phone.send(`CODE: late ${word}`);
    await journey.milton.start();
    const requests: string[] = [];
    for (const word of ['one', 'two', 'three']) requests.push(idIn(await acknowledged(journey, `late ${word}`)));
    for (const request of requests) await final(journey, request);
    expect((await journey.milton.runs()).map((run) => run.id)).toEqual(requests);
    expect(journey.finals()).toHaveLength(3);
  });

  test('what was sent too long before is asked about: a tap on Run runs it, one on Skip does not, also after a restart', async () => {
    const steps = STEPS.flatMap((each) => (each === 'commands()' ? ['late({ listening: 0, away: 0 })', each] : [each]));
    await using journey = await start({ scenario: { turns: writes('x.txt') }, steps: [...steps, ...WORK] });
    await journey.milton.stop();
    for (const word of ['one', 'two']) await journey.phone.send(`CODE: late ${word}`);
    const sent = Date.now();
    await expect.poll(() => Date.now(), { timeout: 5000 }).toBeGreaterThan(sent + 2000);
    await journey.milton.start();
    const question = (word: string) =>
      journey.phone.notice(({ title, body }) => /Sent .+ ago: run it\?/.test(title) && body.includes(`late ${word}`));
    const [run, skip] = [await question('one'), await question('two')];
    await journey.milton.stop();
    await journey.phone.tap(skip, 'Skip');
    await journey.milton.start();
    await journey.phone.notice(({ title }) => title.includes(`[${idIn(skip)}] skipped, not run`));
    await journey.phone.tap(run, 'Run');
    expect((await final(journey, idIn(run))).title).toContain('finished');
    expect((await journey.milton.runs()).map(({ state }) => state)).toEqual(['done', 'cancelled']);
    expect(journey.branches()).toHaveLength(1);
  });
});

describe('killed with kill -9 and started again', () => {
  const dies = (name: string, folder: string) =>
    `async function ${name}(run, next) {
       const mark = ${JSON.stringify(folder)} + '/${name}';
       if (run.message.text.includes('CODE') && !existsSync(mark)) { writeFileSync(mark, ''); process.kill(process.pid, 'SIGKILL'); }
       await next();
     }`;

  const boundaries = ['queue()', 'research()', 'promptBuild()', 'execute()', 'summarise()', 'publish()'];

  test.each(boundaries)('just before %s: done once, told once', async (step) => {
    using marks = gitRepo();
    const steps = [...STEPS, ...WORK].flatMap((each) => (each === step ? [dies('dies', marks.root), each] : [each]));
    await using journey = await start({ scenario: { turns: writes('x.txt') }, steps });
    await journey.phone.send('CODE: survive');
    expect(await journey.milton.ended()).toBe('SIGKILL');
    expect(existsSync(join(marks.root, 'dies'))).toBe(true);
    await journey.milton.start();
    const request = idIn(await acknowledged(journey, 'survive'));
    const done = await final(journey, request);
    expect(done.title).toBe(`✅ [${request}] Claude Code finished`);
    expect(await journey.milton.runs()).toMatchObject([{ id: request, state: 'done' }]);
    expect(new Set(journey.stub.requests.map((each) => each.session)).size).toBe(1);
    expect(new Set(journey.finals().map((notice) => notice.title)).size).toBe(1);
    expect(journey.branches()).toHaveLength(1);
  });

  test('while the agent works: interrupted, told, its processes gone, its work kept, and not started again', async () => {
    await using journey = await start({
      scenario: {
        turns: [
          { tool: 'Write', input: { file_path: '{{cwd}}/half.txt', content: 'half\n' } },
          { hang: true, times: -1 },
        ],
      },
    });
    await journey.phone.send('CODE: be killed');
    const request = idIn(await acknowledged(journey, 'be killed'));
    await expect.poll(() => journey.stub.requests.length, { timeout: 60_000 }).toBe(2);
    await journey.milton.stop('SIGKILL');
    expect(processesOf(request).length).toBeGreaterThan(0);
    await journey.milton.start();
    const done = await final(journey, request);
    expect(done.title).toBe(`⚠️ [${request}] interrupted`);
    expect(done.actions.map((action) => action.label)).toEqual(['Retry']);
    expect(processesOf(request)).toEqual([]);
    expect(journey.app.git('show', `${journey.branches()[0]}:half.txt`)).toBe('half');
    expect(new Set(journey.stub.requests.map((each) => each.session)).size).toBe(1);
    expect(await journey.milton.runs()).toMatchObject([{ id: request, state: 'interrupted' }]);
  });
});
