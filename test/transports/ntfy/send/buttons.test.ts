import { expect, it } from 'vitest';
import type { NoticeAction } from '../../../../src/pipeline/message.ts';
import type { KeySet } from '../../../../src/pipeline/services/keys/keys.ts';
import { readReply } from '../../../../src/pipeline/services/keys/reply-proof.ts';
import { buttonMaker } from '../../../../src/transports/ntfy/send/buttons.ts';

const REPLIES = 'r'.repeat(43);
const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const options = { baseUrl: 'https://ntfy.example.com/', askTopic: 'asks', shortcut: 'Milton' };
const approve: NoticeAction = { label: 'Approve', reply: 'ANSWER qk7m2 Approve', until: NOW + HOUR };
const deny: NoticeAction = { label: 'Deny', reply: 'ANSWER qk7m2 Deny', until: NOW + HOUR, harmless: true };

type May = boolean | undefined;
interface Wire {
  readonly action: string;
  readonly url: string;
  readonly body?: string;
}

async function buttons(may: { read: May; write: May } | undefined, keys: KeySet = { signing: [], replies: [REPLIES] }) {
  const strangers = may && { mayRead: async () => may.read, mayWrite: async () => may.write };
  const make = buttonMaker({ options, keys: () => keys, strangers, now: () => NOW });
  const actions = [approve, deny];
  const button = await make(actions);
  return actions.map((action) => button(action) as Wire);
}

/** How a button answers: by a bare text, a text with a proof, or the Shortcut. */
function kindOf({ action, url, body }: Wire): string {
  if (action === 'view') return url.startsWith('shortcuts://') ? 'shortcut' : 'page';
  return readReply(body!, [REPLIES])?.genuine ? 'proof' : 'bare';
}

it.each<[string, Parameters<typeof buttons>[0], KeySet | undefined, string[]]>([
  ['on this machine', undefined, undefined, ['bare', 'bare']],
  [
    'T5: where strangers can read the notice, only what does no harm is proven',
    { read: true, write: true },
    undefined,
    ['shortcut', 'proof'],
  ],
  ['T5: where nobody can tell, likewise', { read: undefined, write: undefined }, undefined, ['shortcut', 'proof']],
  ['where reading needs a login, a tap is enough', { read: false, write: true }, undefined, ['proof', 'proof']],
  [
    'where the server refuses taps, the Shortcut sends it',
    { read: false, write: false },
    undefined,
    ['shortcut', 'shortcut'],
  ],
  ['without keys nothing can be proven', { read: true, write: true }, { signing: [] }, ['bare', 'bare']],
])('%s', async (_what, may, keys, kinds) => {
  expect((await buttons(may, keys)).map(kindOf)).toEqual(kinds);
});

it('T5: no notice that strangers can read holds what would approve', async () => {
  const sent = JSON.stringify(await buttons({ read: true, write: true }));
  const [, handed = ''] = /shortcuts:\/\/run-shortcut\?name=Milton&input=text&text=([^"]+)"/.exec(sent) ?? [];
  // What the Shortcut signs; sent as it is, it counts for nothing.
  expect(readReply(decodeURIComponent(handed), [REPLIES])).toMatchObject({ way: 'link', genuine: true });
  expect(sent).not.toMatch(/Approve(?:\\n|%0A)r1 /);
});

it('a proof counts as long as the question, and twelve hours where there is none', async () => {
  const [tap] = await buttons({ read: false, write: true });
  expect(readReply(tap!.body!, [REPLIES])).toMatchObject({ text: 'ANSWER qk7m2 Approve', until: NOW + HOUR });
  const strangers = { mayRead: async () => false, mayWrite: async () => true };
  const make = buttonMaker({ options, keys: () => ({ signing: [], replies: [REPLIES] }), strangers, now: () => NOW });
  const retry: NoticeAction = { label: 'Retry', reply: 'RETRY req_k4m2xa' };
  const { body } = (await make([retry]))(retry) as Wire;
  expect(readReply(body!, [REPLIES])?.until).toBe(NOW + 12 * HOUR);
});

it('a button that opens a page asks nobody', async () => {
  const strangers = {
    mayRead: () => Promise.reject(new Error('asked')),
    mayWrite: () => Promise.reject(new Error('asked')),
  };
  const make = buttonMaker({ options, keys: () => ({ signing: [] }), strangers, now: () => NOW });
  const page: NoticeAction = { label: 'Sources', url: 'https://example.com' };
  expect((await make([page]))(page)).toEqual({ action: 'view', label: 'Sources', url: 'https://example.com' });
});
