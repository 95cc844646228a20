import { expect, test } from 'vitest';
import type { Health } from '../../src/pipeline/transport.ts';
import { HealthState } from '../../src/transports/health.ts';

test('tells each change once, and since when the connection is gone', () => {
  let now = 0;
  const health = new HealthState(() => now);
  const seen: Health[] = [];
  health.health$.subscribe((state) => seen.push(state));
  health.connected();
  health.connected();
  now = 1000;
  health.lost('cut');
  now = 2000;
  health.lost('cut');
  health.lost('refused');
  health.connected();
  expect(seen).toEqual([
    { state: 'reconnecting', since: '1970-01-01T00:00:00.000Z', why: 'not connected yet' },
    { state: 'connected' },
    { state: 'reconnecting', since: '1970-01-01T00:00:01.000Z', why: 'cut' },
    { state: 'reconnecting', since: '1970-01-01T00:00:01.000Z', why: 'refused' },
    { state: 'connected' },
  ]);
});
