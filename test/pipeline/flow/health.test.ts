import { EMPTY, Subject, throwError } from 'rxjs';
import { expect, test } from 'vitest';
import { reportHealth } from '../../../src/pipeline/flow/health.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import type { Health, Transport } from '../../../src/pipeline/transport.ts';
import { type LogLine, memoryLogger } from '../../../src/testing/memory-logger.ts';

const since = '2026-11-23T10:00:00.000Z';

function start() {
  const health$ = new Subject<Health>();
  const transport: Transport = { name: 'phone', exposure: 'local', messages$: EMPTY, health$, async send() {} };
  const lines: LogLine[] = [];
  const store = memoryStore();
  const surroundings = { transports: [transport], store, logger: memoryLogger(lines), clock: { now: () => 0 } };
  return { health$, transport, store, lines, surroundings };
}

test('a transport that hears nothing is a warning, also as the first thing that is known of it', async () => {
  const { health$, store, lines, surroundings } = start();
  const subscription = reportHealth(surroundings);
  health$.next({ state: 'deaf', since, why: 'no canary came back' });
  await expect
    .poll(() => store.recall('health:phone'))
    .toMatchObject({ state: 'deaf', since, why: 'no canary came back' });
  health$.next({ state: 'connected' });
  await expect.poll(() => store.recall('health:phone')).toEqual({ state: 'connected', at: '1970-01-01T00:00:00.000Z' });
  subscription.unsubscribe();
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['warn', 'phone is deaf: no canary came back; Milton keeps trying'],
    ['info', 'phone is connected'],
  ]);
  await store.close();
});

test('at the start it is no cause for alarm that nothing is connected, later it is', async () => {
  const { health$, store, lines, surroundings } = start();
  const subscription = reportHealth(surroundings);
  health$.next({ state: 'reconnecting', since, why: 'not connected yet' });
  expect(lines).toEqual([]);
  health$.next({ state: 'reconnecting', since, why: 'no network' });
  expect(lines).toMatchObject([{ level: 'warn', message: 'phone is reconnecting: no network; Milton keeps trying' }]);
  subscription.unsubscribe();
  await store.close();
});

test('a transport whose state fails is told once, and the others are still reported', async () => {
  const { health$, transport, lines, surroundings } = start();
  const broken = { ...transport, name: 'broken', health$: throwError(() => new Error('no state')) };
  const subscription = reportHealth({ ...surroundings, transports: [broken, transport] });
  health$.next({ state: 'connected' });
  expect(lines.map(({ level, message }) => [level, message])).toEqual([
    ['error', 'the state of broken is not known any more: no state'],
    ['info', 'phone is connected'],
  ]);
  subscription.unsubscribe();
  await surroundings.store.close();
});
