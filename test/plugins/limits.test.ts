import { describe, expect, it } from 'vitest';
import { Clock } from '../../src/pipeline/services.ts';
import { type JobFilter, JobStore, type JobView } from '../../src/pipeline/store/job-store.ts';
import { limits } from '../../src/plugins/limits.ts';
import { command, verdict } from '../../src/plugins/slots.ts';
import { given, startStep } from '../support/fake-intake.ts';

const NOW = new Date(2026, 10, 26, 12).valueOf();
const request = [verdict, { kind: 'CODE', text: 'x', repository: 'app', agent: 'claude' }] as const;

function start(options: Parameters<typeof limits>[0], jobs: readonly Partial<JobView>[]) {
  const list = async ({ states, limit }: JobFilter = {}) =>
    jobs.filter(({ state }) => !states || states.includes(state!)).slice(0, limit);
  return startStep(limits(options), {
    services: [given(JobStore, { list } as unknown as JobStore), given(Clock, { now: () => NOW })],
  });
}

const open = (count: number) => Array.from({ length: count }, () => ({ state: 'queued' as const, createdAt: NOW }));
const done = (count: number, ago: number) =>
  Array.from({ length: count }, () => ({ state: 'done' as const, queued: true, createdAt: NOW - ago }));

describe('T14: limits', () => {
  it.each<[string, Parameters<typeof limits>[0], Partial<JobView>[], string, RegExp]>([
    ['as many as may wait', { queue: 2 }, open(2), 'CODE: x', /2 requests wait or run already.*CANCEL/s],
    ['as many as a day has', { perDay: 3 }, done(3, 60_000), 'CODE: x', /3 requests were taken today.*tomorrow/s],
    ['a text that is too long', { longest: 10 }, [], 'CODE: 12345', /It has 11 bytes, and 10 are allowed/],
    ['a long text in wide letters', { longest: 10 }, [], 'CODE: 🎉🎉', /It has 14 bytes/],
  ])('%s: it is not run, and its sender is told why', async (_what, options, jobs, text, why) => {
    const { passedOn, notices } = await start(options, jobs)({ text, slots: [request] });
    expect(passedOn).toBe(false);
    expect(notices).toEqual([expect.objectContaining({ title: '🚫 Not run', kind: 'final' })]);
    expect(notices[0]!.body).toMatch(why);
  });

  it('let pass what is below them', async () => {
    const send = start({ queue: 2, perDay: 3, longest: 10 }, [...open(1), ...done(1, 0), ...done(9, 13 * 3_600_000)]);
    expect(await send({ text: 'CODE: 1234', slots: [request] })).toMatchObject({ passedOn: true, notices: [] });
  });

  it('count for the day only what has begun, or may', async () => {
    const never = Array.from({ length: 9 }, () => ({ state: 'expired' as const, queued: false, createdAt: NOW }));
    const held = [{ state: 'held' as const, queued: false, createdAt: NOW }];
    const send = start({ perDay: 3 }, [...never.slice(0, 3), ...held, ...done(1, 0)]);
    expect((await send({ slots: [request] })).passedOn).toBe(true);
    expect((await start({ perDay: 2 }, [...held, ...done(1, 0)])({ slots: [request] })).passedOn).toBe(false);
  });

  it('are for requests and RETRY, not for other commands, which may be what helps', async () => {
    const send = start({ queue: 1 }, open(1));
    const asked = (name: 'CANCEL' | 'RETRY') => ({ slots: [[command, { name, argument: 'last' }] as const] });
    expect((await send(asked('CANCEL'))).passedOn).toBe(true);
    expect((await send(asked('RETRY'))).passedOn).toBe(false);
  });

  it('do not stop what was held once it has passed them', async () => {
    const sent = { slots: [request], marks: ['limits:memory:1'] };
    expect((await start({ queue: 1 }, open(1))(sent)).passedOn).toBe(true);
  });
});
