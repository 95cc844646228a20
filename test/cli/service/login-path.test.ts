import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loginPath, tidyPath } from '../../../src/cli/service/login-path.ts';
import { StandIns } from '../../support/stand-in.ts';

let stand: StandIns;
beforeEach(() => {
  stand = new StandIns();
});
afterEach(() => stand[Symbol.dispose]());

/** What a shell says that does this before it runs what it is given. */
function ask(before: string, patience = 30_000) {
  stand.program('shell', `${before}\nshift 3\neval "$1"`);
  const asked = { shell: join(stand.bin, 'shell'), home: stand.home, user: 'tester' };
  return loginPath({ ...asked, patience });
}

describe('PATH as the person’s shell has it', () => {
  test('of an interactive login shell, with nothing of this environment', async () => {
    expect(await ask('PATH="$HOME/.local/bin:$PATH"; export PATH; env > "$HOME/env"')).toBe(
      `${stand.home}/.local/bin:/usr/local/bin:/usr/bin:/bin`,
    );
    expect(stand.calls()[0]).toMatch(/^shell -i -l -c /);
  });

  test('whatever its start files print and leave running', async () => {
    expect(await ask('echo Welcome; printf "no newline"; sleep 30 & PATH=/a:/b; export PATH')).toBe('/a:/b');
  });

  test('also where they leave something in a session of its own, which keeps the output open', async () => {
    const holder = join(stand.home, 'holder');
    const leave = `setsid sh -c 'echo $$ > "$HOME/pid"; mv "$HOME/pid" "$HOME/holder"; exec sleep 60' &`;
    const began = performance.now();
    const path = await ask(`${leave}\nuntil [ -e "$HOME/holder" ]; do sleep 0.01; done\nPATH=/a:/b; export PATH`);
    const took = performance.now() - began;
    process.kill(Number(readFileSync(holder, 'utf8')), 'SIGKILL');
    expect(path).toBe('/a:/b');
    expect(took).toBeLessThan(20_000);
  });

  test.each([
    ['one that waits for ever', 'sleep 30', 200],
    ['one that fails', 'exit 1', undefined],
    ['one without a PATH', 'PATH=; export PATH', undefined],
  ])('none of %s', async (_, before, patience) => {
    const began = performance.now();
    expect(await ask(before, patience)).toBeUndefined();
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('none where there is no such shell', async () => {
    expect(await loginPath({ shell: join(stand.home, 'none'), home: stand.home, user: 'tester' })).toBeUndefined();
  });

  test.each(['/bin/sh', '/bin/bash'])('of %s itself', async (shell) => {
    stand.write('.profile', 'export PATH="$HOME/mine:$PATH"\necho hello\n');
    expect(await loginPath({ shell, home: stand.home, user: 'tester', patience: 30_000 })).toContain(
      `${stand.home}/mine:`,
    );
  });
});

test('a service gets each folder once, none that is relative, and that of its Node', () => {
  expect(tidyPath('/a:.:/b::/a:bin', '/n/bin/node')).toBe('/a:/b:/n/bin');
});
