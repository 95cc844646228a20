import type { Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Delivery } from '../pipeline/message.ts';
import { type Health, type Transport, TransportError } from '../pipeline/transport.ts';

/** One transport with the outside it talks to. */
export interface TransportFixture {
  readonly transport: Transport;
  /** The person sends a text. */
  say(text: string): void | Promise<void>;
  /** All the person has been shown so far, as one text. */
  shown(): string | Promise<string>;
  /** From now on the outside takes no notices. */
  breakSending(): void | Promise<void>;
  /** How many connections or listeners to the outside exist because of `messages$`. */
  attached(): number;
  /** The same Milton started again: a new transport to the same outside; absent where the outside keeps nothing. */
  restart?(): Promise<Transport>;
  close(): Promise<void>;
}

/** What every transport owes the core. Call it in a test file, once per transport. */
export function describeTransport(name: string, open: () => Promise<TransportFixture>): void {
  describe(`the transport ${name}`, () => {
    let fixture: TransportFixture;
    const subscriptions: Subscription[] = [];

    const listen = (transport: Transport, settle = true) => {
      const deliveries: Delivery[] = [];
      const health: Health[] = [];
      const watching = transport.health$.subscribe((state) => health.push(state));
      const subscription = transport.messages$.subscribe((delivery) => {
        deliveries.push(delivery);
        if (settle) delivery.settle();
      });
      subscriptions.push(watching, subscription);
      const connected = () => until(() => expect(health.at(-1)?.state).toBe('connected'));
      const texts = () => deliveries.map(({ message }) => message.text);
      return { deliveries, texts, health, connected, stop: () => subscription.unsubscribe() };
    };
    const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 10 });
    const address = { run: 'req_abc234', key: 'k' };
    const never = new AbortController().signal;

    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(async () => {
      for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
      await fixture.close();
    });

    test('touches nothing until somebody listens, and lets go when nobody does', async () => {
      await until(() => expect(fixture.attached()).toBe(0));
      const inbox = listen(fixture.transport);
      await inbox.connected();
      expect(fixture.attached()).toBeGreaterThan(0);
      inbox.stop();
      await until(() => expect(fixture.attached()).toBe(0));
    });

    test('delivers texts in order, with ids of its own and a time', async () => {
      const inbox = listen(fixture.transport);
      await inbox.connected();
      const sent = ['first', 'CODE: fix <b> & "quotes" – café 🚀', 'third'];
      for (const text of sent) await fixture.say(text);
      await until(() => expect(inbox.texts()).toEqual(sent));
      const messages = inbox.deliveries.map(({ message }) => message);
      expect(new Set(messages.map(({ id }) => id)).size).toBe(3);
      for (const { id, transport, at } of messages) {
        expect(transport).toBe(fixture.transport.name);
        expect(id.startsWith(`${transport}:`)).toBe(true);
        expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(60_000);
      }
    });

    test('serves two listeners at once', async () => {
      const [one, two] = [listen(fixture.transport), listen(fixture.transport)];
      await one.connected();
      await fixture.say('for both');
      await until(() => expect([one.texts(), two.texts()]).toEqual([['for both'], ['for both']]));
      one.stop();
      await fixture.say('for the second');
      await until(() => expect(two.texts()).toEqual(['for both', 'for the second']));
      expect(one.texts()).toEqual(['for both']);
    });

    test('delivers again after a new subscription what was not settled, and only that', async () => {
      const before = listen(fixture.transport, false);
      await before.connected();
      for (const text of ['settled', 'open']) await fixture.say(text);
      await until(() => expect(before.texts()).toEqual(['settled', 'open']));
      before.deliveries[0]?.settle();
      before.deliveries[0]?.settle();
      before.stop();

      const after = listen(fixture.transport);
      await until(() => expect(after.texts()).toEqual(['open']));
      expect(after.deliveries[0]?.message.id).toBe(before.deliveries[1]?.message.id);
      await fixture.say('new');
      await until(() => expect(after.texts()).toEqual(['open', 'new']));
    });

    test('delivers after a restart what was not settled and what was sent meanwhile', async ({ skip }) => {
      const { restart } = fixture;
      if (!restart) return skip();
      const before = listen(fixture.transport, false);
      await before.connected();
      await fixture.say('open');
      await until(() => expect(before.texts()).toEqual(['open']));
      before.stop();
      await fixture.say('meanwhile');
      const after = listen(await restart());
      await until(() => expect(after.texts()).toEqual(['open', 'meanwhile']));
      expect(after.deliveries[0]?.message.id).toBe(before.deliveries[0]?.message.id);
    });

    test('tells its health to whoever asks, early or late', async () => {
      const inbox = listen(fixture.transport);
      await inbox.connected();
      const late: Health[] = [];
      fixture.transport.health$.subscribe((state) => late.push(state)).unsubscribe();
      expect(late).toEqual([{ state: 'connected' }]);
      inbox.stop();
      await until(() => expect(inbox.health.at(-1)).toMatchObject({ state: 'reconnecting', why: expect.any(String) }));
    });

    test('shows a notice in full', async () => {
      const notice = { title: '✅ [req_abc234] Größe geändert', body: 'zwei\nZeilen 🚀', kind: 'final' } as const;
      await fixture.transport.send(notice, address, never);
      await until(async () => {
        const shown = await fixture.shown();
        for (const part of ['✅ [req_abc234] Größe geändert', 'zwei', 'Zeilen 🚀']) expect(shown).toContain(part);
      });
    });

    test('shows each of several notices sent at once', async () => {
      const titles = Array.from({ length: 10 }, (_, i) => `notice number ${i};`);
      await Promise.all(titles.map((title) => fixture.transport.send({ title }, { ...address, key: title }, never)));
      await until(async () => {
        const shown = await fixture.shown();
        for (const title of titles) expect(shown.split(title).length).toBe(2);
      });
    });

    test('says with a TransportError that a notice was not taken', async () => {
      await fixture.breakSending();
      const error = await fixture.transport.send({ title: 'lost' }, address, never).catch((caught) => caught);
      expect(error).toBeInstanceOf(TransportError);
      expect(error.message).toMatch(/\S/);
    });

    test('sends nothing once aborted', async () => {
      const error = await fixture.transport
        .send({ title: 'late' }, address, AbortSignal.abort())
        .catch((caught) => caught);
      expect(error).toBeInstanceOf(TransportError);
      expect(error.retryable).toBe(true);
      expect(await fixture.shown()).not.toContain('late');
    });

    test('takes a submitted text for one the person sent', async ({ skip }) => {
      const { submit } = fixture.transport;
      if (!submit) return skip();
      const inbox = listen(fixture.transport);
      await inbox.connected();
      const id = await submit.call(fixture.transport, 'CODE: größer 🚀', never);
      await until(() => expect(inbox.texts()).toEqual(['CODE: größer 🚀']));
      // A transport may not know it; one that does must not name another message.
      if (id !== undefined) expect(inbox.deliveries[0]?.message.id).toBe(id);
    });
  });
}
