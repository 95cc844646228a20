import { afterEach, describe, expect, test } from 'vitest';
import type { Notice } from '../../src/pipeline/message.ts';
import { TransportError } from '../../src/pipeline/transport.ts';
import { memoryLogger } from '../../src/testing/memory-logger.ts';
import { ntfyOptions } from '../../src/transports/ntfy/options.ts';
import { buttonMaker } from '../../src/transports/ntfy/send/buttons.ts';
import { publisher } from '../../src/transports/ntfy/send/publisher.ts';
import { Allowance } from '../../src/transports/ntfy/server/allowance.ts';
import { ntfyApi } from '../../src/transports/ntfy/server/api.ts';
import { KeptBudget } from '../../src/transports/ntfy/server/kept-budget.ts';
import { NtfyServer } from '../support/ntfy-server.ts';
import { until } from '../support/until.ts';
import { options } from '../transports/ntfy/fixture.ts';

const never = new AbortController().signal;
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Shown {
  readonly title?: string;
  readonly message: string;
  readonly priority?: number;
  readonly tags?: readonly string[];
  readonly sequence_id?: string;
  readonly actions?: readonly { readonly label: string }[];
  readonly attachment?: { readonly name: string; readonly url: string; readonly size: number };
}

/** Milton's publishing over a real server, with a clock that can be put forward, and what the phone shows. */
async function made(config: readonly string[] = [], more: Parameters<typeof options>[1] = {}) {
  const server = await NtfyServer.start({ config });
  ends.push(() => server.stop());
  const parsed = ntfyOptions.parse(options(server.url, more));
  let ahead = 0;
  const now = () => Date.now() + ahead;
  const allowance = new Allowance(parsed, now);
  const requests: number[] = [];
  const metered: typeof fetch = async (...request) => {
    const response = await fetch(...request);
    requests.push(response.status);
    return response;
  };
  const store = { recall: async () => undefined, remember: async () => {} };
  const send = publisher({
    api: ntfyApi(metered, parsed, allowance),
    options: parsed,
    allowance,
    budget: new KeptBudget(allowance, () => store, 'budget', memoryLogger()),
    overheard: async () => false,
    buttons: buttonMaker({ options: parsed, keys: () => ({ signing: [] }), strangers: undefined, now }),
    announce: () => {},
    now,
    logger: memoryLogger(),
  });
  let number = 0;
  const tell = (notice: Partial<Notice>, run = 'req_abc234') =>
    send({ title: 'T', ...notice }, { run, key: `k${number++}` }, never);
  const verdict = (notice: Partial<Notice>) =>
    tell(notice).then(
      () => 'sent',
      (error) => {
        if (!(error instanceof TransportError) || !error.paced) throw error;
        return error.retryable ? 'wait' : 'left out';
      },
    );
  const shown = async (): Promise<Shown[]> => {
    const lines = (await (await fetch(`${server.url}/answers/json?poll=1`)).text()).split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as Shown);
  };
  return {
    tell,
    verdict,
    shown,
    requests,
    allowance,
    forward: (ms: number) => {
      ahead += ms;
    },
  };
}

const long = `${'Zeile mit ß, \\n und 👩‍👩‍👧‍👦.\n\n'.repeat(300)}Ende.`;

describe('publishing to the real server', () => {
  test('rule 22: a long answer is a file behind its beginning', async () => {
    const { tell, shown } = await made();
    const actions = [{ label: 'Nochmal', reply: 'RETRY req_abc234' }];
    await tell({ kind: 'final', title: '🔎 [req_abc234] Größe, C:\\new', body: long, actions, tags: ['tada'] });
    const [notice, ...others] = await shown();
    expect(others).toEqual([]);
    expect(notice).toMatchObject({
      title: '🔎 [req_abc234] Größe, C:\\new',
      tags: ['tada', 'milton'],
      actions: [{ label: 'Nochmal' }],
      attachment: { name: 'answer.md' },
    });
    const cut = notice!.message.lastIndexOf('\n');
    // In the message, and there alone, ntfy makes a line end of the two characters \n unless something is between them.
    expect(long.startsWith(notice!.message.slice(0, cut).replaceAll('\u200b', ''))).toBe(true);
    expect(notice!.message).toContain('ß, \\\u200bn und');
    expect(notice!.message).toContain('👩‍👩‍👧‍👦.\n\nZeile');
    expect(notice!.message.slice(cut)).toMatch(/^\n… \([\d,]+ bytes: attached for some hours, kept on the machine\)$/);
    const file = await fetch(notice!.attachment!.url);
    expect(await file.text()).toBe(`🔎 [req_abc234] Größe, C:\\new\n\n${long}\n`);
  });

  test('rule 22: on a server that keeps no files it comes in parts, from the first long answer on', async () => {
    const { tell, shown, requests } = await made(['attachment-cache-dir: ""']);
    const actions = [{ label: 'Nochmal', reply: 'RETRY req_abc234' }];
    for (const run of ['req_abc234', 'req_other2']) await tell({ kind: 'final', body: long, actions }, run);
    expect(requests.filter((status) => status !== 200)).toEqual([400]);
    const notices = await shown();
    const parts = Math.ceil(Buffer.byteLength(long) / 4000);
    expect(notices).toHaveLength(2 * parts);
    const first = notices.slice(0, parts);
    expect(first.map(({ title }) => title)).toEqual(Array.from({ length: parts }, (_, i) => `(${i + 1}/${parts}) T`));
    expect(
      first
        .map(({ message }) => message)
        .join('')
        .replace(/\s/g, ''),
    ).toBe(long.replace(/\s/g, ''));
    expect(first.map(({ actions = [] }) => actions.length)).toEqual([...Array(parts - 1).fill(0), 1]);
    for (const { message } of first) expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4000);
    expect(new Set(first.map(({ sequence_id }, i) => sequence_id ?? i)).size).toBe(parts);
  });

  test('rule 22: an answer of 9,000 characters arrives whole without a file', async () => {
    const { tell, shown } = await made([], { attachments: false });
    const answer = 'A sentence of an answer. '.repeat(360).trim();
    await tell({ kind: 'final', body: answer });
    expect((await shown()).map(({ message }) => message).join(' ')).toBe(answer);
  });

  test('a file larger than the server takes goes in parts as well', async () => {
    const { tell, shown } = await made(['attachment-file-size-limit: "5k"']);
    await tell({ kind: 'final', body: long });
    expect((await shown())[0]?.title).toMatch(/^\(1\//);
  });

  test('a notice with what the server refuses arrives in its plainest form', async () => {
    const { tell, shown, requests } = await made();
    const actions = [{ label: 'Öffnen', url: '' }];
    await tell({ kind: 'final', title: '✅ fertig', body: 'ß\nzwei', actions });
    expect(requests).toEqual([400, 200]);
    const [notice] = await shown();
    expect(notice).toMatchObject({ title: 'fertig', tags: ['milton'] });
    expect(notice?.message).toContain('ß\nzwei');
  });

  test('emoji, line ends and what looks encoded arrive as they were', async () => {
    const { tell, shown } = await made();
    await tell({ kind: 'final', title: '=?UTF-8?B?x?= 🏳️‍🌈', body: 'eins\n\n  zwei \\n drei 🚀\n=?x?=' });
    expect((await shown())[0]).toMatchObject({
      title: '=?UTF-8?B?x?= 🏳️‍🌈',
      message: 'eins\n\n  zwei \\n drei 🚀\n=?x?=',
    });
  });

  test('rules 16 and 25: a server with few requests to give is left alone, and the result arrives', async () => {
    const { verdict, shown, requests, forward, allowance } = await made([
      'visitor-request-limit-exempt-hosts: ""',
      'visitor-request-limit-burst: 8',
      'visitor-request-limit-replenish: "3s"',
    ]);
    let refused = 0;
    for (let i = 0; i < 40 && refused === 0; i++) refused = (await verdict({ kind: 'milestone' })) === 'wait' ? 1 : 0;
    expect(requests.filter((status) => status === 429)).toHaveLength(1);
    const before = requests.length;
    expect(allowance.pause).toBeGreaterThan(25_000);
    expect(await verdict({ kind: 'progress' })).toBe('left out');
    expect(await verdict({ kind: 'milestone' })).toBe('wait');
    expect(await verdict({ kind: 'final' })).toBe('wait');
    expect(requests).toHaveLength(before);
    // Milton's clock goes faster than the server's, so that it may have to be asked more than once.
    await until(async () => {
      forward(1_500_000);
      expect(await verdict({ kind: 'final', title: 'the result', body: 'x' })).toBe('sent');
    });
    await until(async () => expect((await shown()).at(-1)?.title).toBe('the result'));
  });

  test('rule 25: a server with few messages a day gets no more progress; a result is kept for tomorrow', async () => {
    const { verdict, shown, requests } = await made([
      'visitor-request-limit-exempt-hosts: ""',
      'visitor-message-daily-limit: 5',
    ]);
    for (let i = 0; i < 5; i++) expect(await verdict({ kind: 'milestone' })).toBe('sent');
    expect(await verdict({ kind: 'final' })).toBe('wait');
    const before = requests.length;
    expect(requests.at(-1)).toBe(429);
    for (const kind of ['progress', 'milestone', 'reply'] as const) expect(await verdict({ kind })).toBe('left out');
    for (const kind of ['final', 'question'] as const) expect(await verdict({ kind })).toBe('wait');
    expect(requests).toHaveLength(before);
    expect(await shown()).toHaveLength(5);
  });
});
