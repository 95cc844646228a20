import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openTerminal } from '../../../src/cli/command-line/terminal.ts';
import { offerService } from '../../../src/cli/init/offer-service.ts';
import { nobody } from '../../../src/cli/init/questions.ts';
import { StandIns } from '../../support/stand-in.ts';

let stand: StandIns;
beforeEach(() => {
  stand = new StandIns();
  vi.stubEnv('HOME', stand.home);
  vi.stubEnv('PATH', stand.bin);
});
afterEach(() => {
  vi.unstubAllEnvs();
  stand[Symbol.dispose]();
});

const MANAGER = 'case "$*" in *Version*) echo 252;; *) echo "No such job." >&2; exit 1;; esac';

/** Offers it to somebody who answers so; what was asked, what was said, and whether Milton is a service now. */
async function offered(answer: boolean) {
  const [asked, said]: [string[], string[]] = [[], []];
  const confirm = async (message: string) => {
    asked.push(message);
    return answer;
  };
  const terminal = { ...openTerminal({ verbose: false }), talk: (line: string) => void said.push(line) };
  const serves = await offerService('/nowhere/milton.config.ts', { ...nobody(() => {}), confirm }, terminal);
  return { asked: asked.length, said: said.join('\n'), serves };
}

test('where there is no service manager nobody is asked', async () => {
  stand.program('systemctl', 'echo "Failed to connect to bus: No medium found" >&2; exit 1');
  expect(await offered(true)).toEqual({ asked: 0, said: '', serves: false });
});

test('who does not want it has nothing done', async () => {
  stand.program('systemctl', MANAGER);
  expect(await offered(false)).toEqual({ asked: 1, said: '', serves: false });
  expect(stand.calls().filter((call) => !call.includes('Version'))).toEqual([]);
});

test('where it cannot be, that is said, and the set-up is none the worse for it', async () => {
  stand.program('systemctl', MANAGER);
  const { asked, said, serves } = await offered(true);
  expect([asked, serves]).toEqual([1, false]);
  expect(said).toContain('/nowhere/milton.config.ts');
});
