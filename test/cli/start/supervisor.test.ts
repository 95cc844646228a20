import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { supervisor, takeWay } from '../../../src/cli/start/supervisor.ts';
import { untilStopped } from '../../../src/cli/start/until-stopped.ts';
import type { Logger } from '../../../src/pipeline/services.ts';
import { StandIns } from '../../support/stand-in.ts';

let stand: StandIns;
const warned: string[] = [];
const logger: Logger = {
  ...{ debug() {}, info() {}, child: () => logger },
  warn: (message) => void warned.push(message),
  error: (message) => void warned.push(message),
};

const intervals = vi.spyOn(globalThis, 'setInterval');
beforeEach(() => {
  intervals.mockClear();
  stand = new StandIns();
  warned.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
  for (const { value } of intervals.mock.results) clearInterval(value);
  stand[Symbol.dispose]();
});

const env = (more: Record<string, string> = {}) => ({ NOTIFY_SOCKET: '/run/x', PATH: stand.bin, ...more });
const status = async () => 'Works on 0';

describe('what systemd is told', () => {
  test('nothing, where nobody listens', async () => {
    stand.program('systemd-notify', '');
    const service = supervisor(takeWay({ PATH: stand.bin }), logger);
    await service.ready(status);
    service.stopping();
    expect(existsSync(join(stand.home, 'calls'))).toBe(false);
  });

  test('that Milton is ready, alive, busy and stopping; what says how is kept from what Milton starts', async () => {
    stand.program('systemd-notify', '');
    const own = env({ WATCHDOG_USEC: '400000', WATCHDOG_PID: String(process.pid), HOME: '/h' });
    const service = supervisor(takeWay(own), logger);
    expect(own).toEqual({ PATH: stand.bin, HOME: '/h' });
    let doing = 'Works on 0';
    await service.ready(async () => doing);
    const said: string[] = stand.calls();
    expect(said).toEqual(['systemd-notify READY=1 STATUS=Works on 0']);
    const heard = (text: string, times: number) =>
      expect
        .poll(() => {
          said.push(...stand.calls());
          return said.filter((call) => call === `systemd-notify ${text}`).length;
        })
        .toBeGreaterThanOrEqual(times);
    await heard('WATCHDOG=1', 2);
    expect(said.join()).not.toContain('STATUS=Works on 1');
    doing = 'Works on 1';
    await heard('STATUS=Works on 1', 1);
    await heard('WATCHDOG=1', 4);
    expect(said.filter((call) => call.includes('STATUS=Works on 1'))).toHaveLength(1);
    service.stopping();
    await heard('STOPPING=1 STATUS=Stops when what it works on has come to a good place', 1);
    expect(warned).toEqual([]);
  });

  test.each([
    ['a watchdog that is for another process', { WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' }],
    ['no watchdog', {}],
  ])('no sign of life with %s', async (_, more) => {
    stand.program('systemd-notify', '');
    await supervisor(takeWay(env(more)), logger).ready(status);
    expect(intervals).not.toHaveBeenCalled();
  });

  test('that it cannot be told is a warning, no failure; nor is a store that does not answer', async () => {
    stand.program('systemd-notify', 'exit 1');
    await supervisor(takeWay(env()), logger).ready(() => Promise.reject(new Error('disk I/O error')));
    expect(stand.calls()).toEqual(['systemd-notify READY=1 STATUS=']);
    expect(warned).toEqual(['systemd could not be told how Milton is']);
  });
});

test('a stop that does not come to its end is cut off after 30 seconds, with the code of its signal', async () => {
  vi.useFakeTimers();
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const before = process.listeners('SIGTERM');
  const told = vi.fn();
  void untilStopped({ finished: new Promise(() => {}), stop: () => new Promise(() => {}) }, logger, told);
  process.emit('SIGTERM', 'SIGTERM');
  expect(told).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(29_900);
  expect(exit).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(200);
  expect(exit).toHaveBeenCalledExactlyOnceWith(143);
  exit.mockRestore();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    for (const listener of process.listeners(signal)) if (!before.includes(listener)) process.off(signal, listener);
  }
});
