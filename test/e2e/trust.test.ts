// Who can start work, on a real server that others can reach: by another name of this machine, so that Milton takes it for one.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { sign } from '../../src/plugins/authorise/signature.ts';
import { gitRepo } from '../support/git-repo.ts';
import { InstalledMilton } from '../support/milton.ts';
import { isOldServer, type NtfyAccess, NtfyServer } from '../support/ntfy-server.ts';
import { Phone, type PhoneNotice } from '../support/phone.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const TOPICS = { askTopic: 'asks', answerTopic: 'answers' };

/** A Milton with a key and a stand-in for an agent, on a server that it takes for a public one. */
async function start({ access, authorise = '' }: { access?: Partial<NtfyAccess>; authorise?: string } = {}) {
  const server = await NtfyServer.start(access ? { access: { ...TOPICS, ...access } } : {});
  ends.push(() => server.stop());
  const app = gitRepo();
  ends.push(() => app[Symbol.dispose]());
  const milton = new InstalledMilton({
    config: `
      import * as m from 'milton-orchestrator';
      export default m.defineConfig({
        repositories: { app: { path: ${JSON.stringify(app.path)} } },
        transports: [m.ntfy()],
        store: m.sqlite(),
        agents: [m.rehearsal()],
        pipeline: [m.dedupe(), m.authorise(${authorise}), m.classify(), m.limits(), m.late(), m.commands(), m.approve(), m.queue(),
          m.research(), m.promptBuild(), m.execute(), m.summarise(), m.publish()],
      });`,
    env: {
      ...{ NTFY_BASE_URL: server.url.replace('127.0.0.1', '0.0.0.0'), NTFY_ALLOW_HTTP: '1' },
      ...{ ASK_TOPIC: TOPICS.askTopic, ANSWER_TOPIC: TOPICS.answerTopic },
      ...(server.tokens ? { NTFY_TOKEN: server.tokens.milton } : {}),
    },
  });
  ends.push(() => milton[Symbol.asyncDispose]());
  mkdirSync(join(milton.folder, 'home/.config'), { recursive: true, mode: 0o700 });
  expect(await milton.command('keys', 'new')).toMatchObject({ code: 0 });
  const key = async () => (await milton.command('keys', 'show', '--secret')).stdout.trim();
  await milton.start();
  const phone = new Phone({ baseUrl: server.url, ...TOPICS, token: server.tokens?.phone });
  ends.push(() => phone.stop());
  await expect.poll(() => milton.said, { timeout: 60_000 }).toMatch(/ntfy is connected/);
  const say = async (text: string) => phone.send(sign(text, await key()));
  const buttons = ({ actions }: PhoneNotice) => actions.map(({ action, label }) => `${label}: ${action}`);
  const ended = (word: RegExp) => phone.notice(({ title }) => word.test(title));
  return { server, app, milton, phone, key, say, buttons, ended };
}

test('T1 and T5: without a login only what is signed counts, and a notice that all can read approves nothing', async () => {
  const { app, phone, key, say, buttons, ended, milton } = await start();
  await phone.send('CODE: add a page');
  await phone.send(sign('CODE: add a page', 'x'.repeat(43)));
  await ended(/not accepted/);
  const wire = sign('CODE: delete the login', await key());
  await phone.send(wire);
  const question = await ended(/Run it/);
  expect(buttons(question)).toEqual(['Approve: view', 'Deny: http']);
  expect(question.actions[0]!.url).toMatch(
    /^shortcuts:\/\/run-shortcut\?name=Milton&input=text&text=ANSWER%20q\w+%20Approve%0Ar2%20\d+%20[0-9a-f]{32}$/,
  );
  // A stranger has read the notice, and tries what it says, and the person's own words once more.
  const answer = decodeURIComponent(/text=(.*)$/.exec(question.actions[0]!.url)![1]!);
  await phone.send(answer);
  await phone.send(question.actions[1]!.body!.replace('Deny', 'Approve'));
  await phone.send(wire);
  await say(`TAP\n${answer}`);
  await ended(/Rehearsal.* finished/);
  expect((await milton.runs()).map(({ state }) => state)).toEqual(['done']);
  expect(app.git('branch', '--list', 'milton/*').split('\n')).toHaveLength(1);

  await say('CODE: delete the rest');
  const second = await phone.notice(({ title, id }) => /Run it/.test(title) && id !== question.id);
  await phone.tap(second, 'Deny');
  await ended(/denied, not run/);
  await phone.tap(second, 'Deny');
  await ended(/Not carried out/);
});

test('T5: where reading and tapping is arranged, a tap approves, once', async () => {
  // Rights for everybody cannot be written into the configuration of an old server.
  if (isOldServer()) return;
  const { phone, say, buttons, ended, milton } = await start({ access: { tapsArrive: true } });
  await say('CODE: delete the login');
  const question = await ended(/Run it/);
  expect(buttons(question)).toEqual(['Approve: http', 'Deny: http']);
  expect(question.actions[0]!.body).toMatch(/^ANSWER q\w+ Approve\nr1 \d+ [0-9a-f]{32}$/);
  await phone.tap(question, 'Approve');
  await ended(/Rehearsal.* finished/);
  await phone.tap(question, 'Approve');
  await ended(/Not carried out/);
  expect((await milton.runs()).map(({ state }) => state)).toEqual(['done']);
});

test('mode acl: what a closed server lets through counts, and its buttons run the Shortcut', async () => {
  if (isOldServer()) return;
  const { phone, buttons, ended } = await start({ access: {}, authorise: "{ mode: 'acl' }" });
  await phone.send('CODE: delete the login');
  expect(buttons(await ended(/Run it/))).toEqual(['Approve: view', 'Deny: view']);
  await phone.send('APPROVE last');
  await ended(/Rehearsal.* finished/);
});

test('mode acl: refuses to start where the server lets strangers write', async () => {
  if (isOldServer()) return;
  await expect(start({ access: { tapsArrive: true }, authorise: "{ mode: 'acl' }" })).rejects.toThrow(
    /lets strangers write/,
  );
});

test('T5: what a forged notice hands over to the Shortcut is not run, though the person’s own phone signs it', async () => {
  const { say, ended, milton } = await start();
  await say('TAP\nCODE: run evil');
  await ended(/Not carried out/);
  expect(await milton.runs()).toEqual([]);
});

test('mode pairing: what is not signed waits for the machine', async () => {
  const { phone, ended, milton } = await start({ authorise: "{ mode: 'pairing' }" });
  await phone.send('CODE: add a page');
  const question = await ended(/Not signed: run it/);
  expect(question.body).toMatch(/On the machine run: milton approve req_/);
  expect((await milton.command('approve', 'last')).code).toBe(0);
  await ended(/Rehearsal.* finished/);
});

test('T18: a key that was replaced twice counts no longer in a running Milton', async () => {
  const { phone, key, say, ended, milton } = await start();
  const old = await key();
  await milton.command('keys', 'rotate');
  await phone.send(sign('STATUS', old));
  await ended(/Nothing is running/);
  await milton.command('keys', 'rotate');
  await phone.send(sign('HELP', old));
  await ended(/not accepted/);
  await say('QUEUE');
  await ended(/The queue is empty/);
  expect(phone.notices.some(({ title }) => title === 'What you can send')).toBe(false);
});
