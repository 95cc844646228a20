import { setTimeout as sleep } from 'node:timers/promises';
import { Bed } from '../bed.ts';
import type { Answer, Call } from '../proxy/chaos.ts';
import { healthOf, promises, type Scenario } from '../scenario.ts';

/** Milton waits up to 90 s after a first refusal; in its faster time that is 2 s. */
const FASTER = 45;
const CALLS: readonly Call[] = ['subscribe', 'poll', 'publish', 'file'];
/** A text of which the server makes a file. */
const LONG = 5_000;
/** How long the end of a fault may take to show, in ms: 22 minutes of that time, the longest pause after refusals. */
const PATIENCE = 30_000;
/** After so long without a failure the next one counts as the first; ms. */
const HEALTHY = 61_000 / FASTER;
const DAY = 86_400_000;

const refusal = (status: number, code?: number): Answer => ({
  kind: 'status',
  status,
  ...(code && { body: JSON.stringify({ code, http: status, error: 'injected' }) }),
});
const html = { 'content-type': 'text/html' };

/** Everything that can come instead of the server's answer. */
const FAULTS: Readonly<Record<string, Answer>> = {
  '301': { kind: 'status', status: 301, headers: { location: 'https://elsewhere.example/' } },
  '302': { kind: 'status', status: 302, headers: { location: 'https://elsewhere.example/' } },
  '400': refusal(400, 40009),
  '401': refusal(401, 40101),
  '402': refusal(402),
  '403': refusal(403, 40301),
  '404': refusal(404, 40401),
  '408': refusal(408),
  '413': refusal(413, 41301),
  '418': refusal(418),
  '429': refusal(429),
  '42901': refusal(429, 42901),
  '42903': refusal(429, 42903),
  '42908': refusal(429, 42908),
  '42909': refusal(429, 42909),
  '500': refusal(500, 50001),
  '502': { kind: 'status', status: 502, body: '<html>Bad gateway</html>', headers: html },
  '503': refusal(503),
  '507': refusal(507, 50701),
  page: { kind: 'status', status: 200, body: '<html>Welcome to our hotel</html>', headers: html },
  empty: { kind: 'status', status: 200 },
  reset: { kind: 'reset' },
  mute: { kind: 'mute' },
  stall: { kind: 'stall' },
  slow: { kind: 'slow' },
};

/** Every fault on every call, one at a time, with messages on their way: each is done and told once the fault is over. */
export const run: Scenario = async ({ server, seed, random, quick }) => {
  const all = CALLS.flatMap((call) => Object.entries(FAULTS).map(([name, answer]) => ({ call, name, answer })));
  const cases = quick ? random.shuffle(all).slice(0, 12) : all;
  await using bed = await Bed.lay({ server, seed, faster: FASTER, ntfy: { overlap: 120, backoffMax: 60 } });
  const late: string[] = [];
  let ended = 0;
  let midnight = Math.ceil(Date.now() / DAY) * DAY;
  await bed.milton.start();
  await bed.connected();
  for (const { call, name, answer } of cases) {
    if (call === 'subscribe') await sleep(HEALTHY);
    // A spent daily budget comes back at midnight, so Milton's calendar is set shortly before it.
    if (name === '42908' && call === 'publish') {
      midnight += DAY;
      await bed.milton.stop();
      await bed.milton.start({ FAST_TIME_START: String(midnight - 60_000) });
      await bed.connected();
    }
    await bed.proxy.set({ answers: { [call]: answer } });
    if (call === 'subscribe' || call === 'poll') await bed.proxy.cut();
    await bed.publisher.sendAll(3, { overMs: 600, bytes: call === 'file' ? LONG : 0 });
    await sleep(900);
    await bed.proxy.set({});
    if (!(await bed.settled(PATIENCE))) late.push(`${call} ${name}`);
    if (!bed.isRunning) {
      ended++;
      await bed.milton.start();
    }
  }
  const judgement = await bed.judge();
  return {
    counts: [
      ...promises(judgement),
      { what: 'cases', value: cases.length },
      { what: 'not told in time', value: late.length, broken: late.length > 0 },
      { what: 'time faster', value: FASTER },
      ...healthOf(bed, { ended: ended > 0 }),
    ],
    complaints: [judgement.complaints, late.length > 0 ? `late: ${late.join(', ')}` : ''].filter(Boolean).join('\n'),
  };
};
