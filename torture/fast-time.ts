// Loaded into Milton with --import: its clocks and timers run FAST_TIME times faster, all of them, so that pauses of minutes pass
// in seconds and still agree with each other. FAST_TIME_START is where its calendar begins (ms since the epoch).
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers/promises';

const factor = Number(process.env.FAST_TIME);
const realNow = Date.now.bind(Date);
const realSteady = performance.now.bind(performance);
const began = realSteady();
const start = Number(process.env.FAST_TIME_START ?? realNow());
const now = () => Math.floor(start + (realSteady() - began) * factor);
const short = (ms: number | undefined) => (ms ?? 0) / factor;

const { setTimeout: realTimeout, setInterval: realInterval } = globalThis;
globalThis.setTimeout = Object.assign(
  (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => realTimeout(work, short(ms), ...args),
  realTimeout,
) as typeof realTimeout;
globalThis.setInterval = Object.assign(
  (work: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => realInterval(work, short(ms), ...args),
  realInterval,
) as typeof realInterval;

const { setTimeout: realSleep } = timers;
timers.setTimeout = ((ms, ...rest) => realSleep(short(ms), ...rest)) as typeof realSleep;
syncBuiltinESMExports();

const realLimit = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => realLimit(Math.max(1, Math.round(short(ms))));

performance.now = () => began + (realSteady() - began) * factor;
globalThis.Date = class extends Date {
  constructor(...args: readonly unknown[]) {
    super(...((args.length > 0 ? args : [now()]) as [number]));
  }
  static override now(): number {
    return now();
  }
} as DateConstructor;
