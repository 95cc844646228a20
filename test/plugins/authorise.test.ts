import { describe, expect, it } from 'vitest';
import { exposureOf, Transports } from '../../src/pipeline/exposure.ts';
import { Environment, type Logger } from '../../src/pipeline/services.ts';
import type { Exposure } from '../../src/pipeline/transport.ts';
import { authorise } from '../../src/plugins/authorise.ts';
import { given, silent, startStep } from '../support/fake-intake.ts';

function start(exposures: readonly Exposure[], allow?: unknown) {
  const warnings: string[] = [];
  const logger: Logger = { ...silent, warn: (text) => void warnings.push(text) };
  const setting = allow === undefined ? undefined : ({ value: allow, origin: 'environment', secret: false } as const);
  const services = [
    given(
      Transports,
      exposures.map((exposure) => ({ name: `my ${exposure}`, exposure })),
    ),
    given(Environment, { get: (name) => (name === 'MILTON_ALLOW_UNSIGNED' ? setting : undefined) }),
  ];
  return { send: startStep(authorise(), { services, logger }), warnings };
}

it('is a step that decides who may start work', () => expect(authorise().plugin.authorises).toBe(true));

describe('mode open', () => {
  it('passes every message on where only this machine can write', async () => {
    expect((await start(['local', 'loopback']).send({ text: 'x' })).passedOn).toBe(true);
    expect((await start([]).send({ text: 'x' })).passedOn).toBe(true);
  });

  it.each([undefined, false, '0', ''])('refuses to start on a public server (MILTON_ALLOW_UNSIGNED: %j)', (allow) => {
    expect(() => start(['local', 'public'], allow)).toThrowError(
      expect.objectContaining({
        code: 'UNSIGNED_ON_PUBLIC_SERVER',
        message: expect.stringContaining('"my public"'),
        hint: expect.stringContaining('MILTON_ALLOW_UNSIGNED=1'),
      }),
    );
  });

  it.each([true, '1'])('starts with a warning where the risk is accepted (%j)', async (allow) => {
    const { send, warnings } = start(['public'], allow);
    expect((await send({ text: 'x' })).passedOn).toBe(true);
    expect(warnings).toEqual([expect.stringContaining('anyone')]);
  });
});

describe('exposureOf', () => {
  it.each([
    'http://localhost:8080',
    'http://127.0.0.1',
    'https://127.9.9.9:1/x',
    'http://127.1:80',
    'http://[::1]:80',
    'http://user:pw@localhost',
  ])('%s is this machine', (url) => expect(exposureOf(url)).toBe('loopback'));

  it.each([
    'https://ntfy.sh',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'http://127.0.0.1@example.com',
    'http://0.0.0.0',
    'http://192.168.1.2',
    'http://[::ffff:127.0.0.1]',
    'no url',
    '',
  ])('%j is not', (url) => expect(exposureOf(url)).toBe('public'));
});
