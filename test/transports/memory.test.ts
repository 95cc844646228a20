import { expect, test } from 'vitest';
import { TransportError } from '../../src/pipeline/transport.ts';
import { describeTransport } from '../../src/testing/transport-contract.ts';
import { memory } from '../../src/transports/memory.ts';
import { MemoryPhone } from '../../src/transports/memory-phone.ts';
import { setUp } from './host.ts';

const never = new AbortController().signal;
const address = { run: 'req_abc234', key: 'k' };

describeTransport('memory', async () => {
  const phone = new MemoryPhone();
  const { transport } = await setUp(memory({ phone }));
  return {
    transport,
    say: (text) => void phone.send(text),
    shown: () => phone.notices.map(({ title, body }) => `${title}\n${body}`).join('\n'),
    breakSending: () => phone.failWith(new Error('no signal')),
    attached: () => Number(phone.connected),
    restart: async () => (await setUp(memory({ phone }))).transport,
    close: async () => {},
  };
});

test('carries id, topic, and the name it is configured under', async () => {
  const phone = new MemoryPhone();
  const { transport } = await setUp(memory({ phone, as: 'second' }));
  const seen: unknown[] = [];
  transport.messages$.subscribe(({ message }) => seen.push(message)).unsubscribe();
  phone.send('hello', { id: 'm1', topic: 'codex' });
  transport.messages$.subscribe(({ message }) => seen.push(message)).unsubscribe();
  expect(seen).toMatchObject([{ id: 'second:m1', transport: 'second', topic: 'codex', text: 'hello' }]);
  expect(phone.unsettled).toBe(1);
});

test('delivers the same id twice when it is sent twice', async () => {
  const phone = new MemoryPhone();
  const { transport } = await setUp(memory({ phone }));
  const ids: string[] = [];
  transport.messages$.subscribe(({ message }) => ids.push(message.id));
  phone.send('x', { id: 'same' });
  phone.send('x', { id: 'same' });
  expect(ids).toEqual(['memory:same', 'memory:same']);
});

test('waits for a notice that fits, past or coming, and says what came instead', async () => {
  const phone = new MemoryPhone();
  const { transport } = await setUp(memory({ phone }));
  const coming = phone.notice(({ title }) => title === 'two');
  await transport.send({ title: 'one' }, address, never);
  await transport.send({ title: 'two' }, address, never);
  expect(await coming).toEqual({ title: 'two', address });
  expect((await phone.notice(({ title }) => title === 'one')).title).toBe('one');
  await expect(phone.notice(() => false, 10)).rejects.toThrow('No such notice within 10 ms. Got: one | two');
});

test('fails as often as told, with the error given', async () => {
  const phone = new MemoryPhone();
  const { transport } = await setUp(memory({ phone }));
  const error = new TransportError('quota', { retryable: true, retryAfter: 5 });
  phone.failWith(error, 1);
  await expect(transport.send({ title: 'a' }, address, never)).rejects.toBe(error);
  await transport.send({ title: 'b' }, address, never);
  phone.failWith(new Error('x'));
  phone.failWith(undefined);
  await transport.send({ title: 'c' }, address, never);
  expect(phone.notices.map(({ title }) => title)).toEqual(['b', 'c']);
});
