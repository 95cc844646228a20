// Every command line that the pages show does what it says on a machine that is set up; the tables are in test/docs-commands.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ALONE, CHANGING, LOOKING, SERVER } from '../docs-commands/lines.ts';
import { type Line, Machine } from '../docs-commands/machine.ts';
import { NtfyServer } from '../support/ntfy-server.ts';

async function check(machine: Machine, line: string, how: Line): Promise<void> {
  const { code, said } = await machine.run(line, how);
  // A shell that is stopped together with what it has started ends by the signal itself.
  expect(how.until ? [143, 'SIGTERM'] : [how.code ?? 0].flat(), said).toContain(code);
}

describe('beside a running Milton', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.make();
    await machine.start();
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  test.concurrent.each(Object.entries(LOOKING))('%s', (line, how) => check(machine, line, how));
  test.each(Object.entries(CHANGING))('%s', (line, how) => check(machine, line, how));
});

describe('where no Milton runs', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await Machine.make();
  });
  afterAll(() => machine[Symbol.asyncDispose]());

  test.each(Object.entries(ALONE))('%s', (line, how) => check(machine, line, how));
});

describe('on an ntfy server', () => {
  const folder = mkdtempSync(join(tmpdir(), 'milton-docs-'));
  const file = join(folder, 'auth.db');
  let server: NtfyServer;
  beforeAll(async () => {
    server = await NtfyServer.start({ config: [`auth-file: "${file}"`, 'auth-default-access: "deny-all"'] });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(SERVER)('%s', async (line) => {
    const [, ...args] = line.split(' ');
    const env = { NTFY_AUTH_FILE: file, NTFY_PASSWORD: 'made-up', NTFY_CONFIG_FILE: '/dev/null' };
    await promisify(execFile)(process.env.NTFY_BIN!, args, { env });
  });

  test('then strangers read nothing, and the phone does', async () => {
    const read = async (headers: Record<string, string>) =>
      (await fetch(`${server.url}/your-answer-topic/json?poll=1`, { headers })).status;
    expect(await read({})).toBe(403);
    expect(await read({ authorization: `Basic ${btoa('phone:made-up')}` })).toBe(200);
  });
});
