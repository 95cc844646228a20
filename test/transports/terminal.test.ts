import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test, vi } from 'vitest';
import type { Notice } from '../../src/pipeline/message.ts';
import { TransportError } from '../../src/pipeline/transport.ts';
import { describeTransport } from '../../src/testing/transport-contract.ts';
import { terminal } from '../../src/transports/terminal.ts';
import { setUp } from './host.ts';

const never = new AbortController().signal;
const address = { run: 'req_abc234', key: 'k' };

afterEach(() => vi.unstubAllEnvs());

async function open() {
  const [input, output] = [new PassThrough(), new PassThrough()];
  let text = '';
  output.on('data', (chunk) => {
    text += chunk;
  });
  const { transport, close } = await setUp(terminal({ input, output }));
  const show = async (notice: Notice) => {
    text = '';
    await transport.send(notice, address, never);
    return text;
  };
  return { input, output, transport, close, show, text: () => text };
}

describeTransport('terminal', async () => {
  const { input, output, transport, close, text } = await open();
  return {
    transport,
    say: (line) => void input.write(`${line}\n`),
    shown: text,
    breakSending: () => void output.destroy(),
    attached: () => input.listenerCount('data'),
    close,
  };
});

test('shows title, body, link and buttons as plain lines where there is no terminal', async () => {
  const { show } = await open();
  const notice: Notice = {
    title: '✅ done',
    body: 'one\n\n  two\n',
    click: 'https://example.com/1',
    actions: [
      { label: 'Open', url: 'https://example.com/2' },
      { label: 'Retry', reply: 'RETRY req_abc234' },
    ],
  };
  expect(await show(notice)).toBe(
    [
      '✅ done',
      '  one',
      '',
      '    two',
      '  https://example.com/1',
      '  [Open] https://example.com/2',
      '  [Retry] type: RETRY req_abc234',
      '',
      '',
    ].join('\n'),
  );
  expect(await show({ title: 'bare' })).toBe('bare\n\n');
});

test('lets no text drive the terminal', async () => {
  const { show } = await open();
  const shown = await show({ title: 'a\u001b[2Jb\nc', body: '\u001b]0;owned\u0007x\u0008\r\ny\u009b31mz' });
  expect(shown).toBe('ab c\n  x\n  yz\n\n');
});

test('uses colour on a terminal unless NO_COLOR is set', async () => {
  const { show, output } = await open();
  vi.stubEnv('FORCE_COLOR', undefined);
  vi.stubEnv('NO_COLOR', undefined);
  const depth = () => (process.env.NO_COLOR ? 1 : 8);
  Object.assign(output, { isTTY: true, getColorDepth: depth });
  expect(await show({ title: 'x' })).toContain('\u001b[1mx');
  vi.stubEnv('NO_COLOR', '1');
  expect(await show({ title: 'x' })).toBe('x\n\n');
});

test('the end of the input is no end of the messages, and its last line counts', async () => {
  const { input, transport } = await open();
  const texts: string[] = [];
  const ended = vi.fn();
  transport.messages$.subscribe({ next: ({ message }) => texts.push(message.text), error: ended, complete: ended });
  input.end('one\r\n\n   \ntw\u2028o');
  await once(input, 'end');
  expect(texts).toEqual(['one', 'tw\u2028o']);
  expect(ended).not.toHaveBeenCalled();
});

test('a terminal that went away is told as final, one that stalls can be left', async () => {
  const { output, transport } = await open();
  output.destroy();
  const gone = await transport.send({ title: 'x' }, address, never).catch((error) => error);
  expect(gone).toMatchObject({ retryable: false });

  const stalled = await open();
  stalled.output.write = () => false;
  const stop = new AbortController();
  const sending = stalled.transport.send({ title: 'x' }, address, stop.signal);
  stop.abort();
  await expect(sending).rejects.toBeInstanceOf(TransportError);
});
