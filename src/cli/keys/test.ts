import { filter, firstValueFrom, from, map, merge, take, tap, timeout } from 'rxjs';
import { MiltonError } from '../../pipeline/errors.ts';
import { Clock } from '../../pipeline/services.ts';
import { diagnose } from '../../plugins/authorise/diagnose.ts';
import type { Run } from '../command-line/command.ts';
import { safe, short } from '../command-line/terminal.ts';
import { page } from '../installation/package-root.ts';
import { prepare, refuse } from '../installation/prepare.ts';
import { tryAssembly } from '../installation/try-assembly.ts';

/** How long it waits for a message that is right, in ms. */
const PATIENCE = 10 * 60_000;

/** `milton keys test`: waits for a message from the phone, and says whether Milton would take it, and else what is wrong with it. */
export const tryKeys: Run = async ({ flags, terminal }) => {
  const prepared = await prepare(flags);
  await refuse(prepared);
  const milton = await tryAssembly(prepared, prepared.config!);
  try {
    const clock = milton.get(Clock);
    const far = milton.transports.filter(({ exposure }) => exposure !== 'local');
    if (far.length === 0) {
      throw new MiltonError('NO_TRANSPORT', 'No phone can reach this Milton.', { hint: 'Add ntfy() to transports.' });
    }
    terminal.talk(
      `Waiting for a message through ${far.map(({ name }) => safe(name)).join(', ')}: say "test" to the Shortcut. Ctrl-C ends this.`,
    );
    const found$ = merge(...far.map(({ messages$ }) => from(messages$))).pipe(
      tap(({ settle }) => settle()),
      map(({ message }) => ({ message, found: diagnose(message, prepared.keys.current().signing, clock.now()) })),
      tap(({ message, found }) => {
        terminal.print(
          `${found.ok ? terminal.style('green', '✓') : terminal.style('red', '✗')} "${short(message.text, 60)}"`,
        );
        for (const line of found.lines) terminal.print(`  ${safe(line)}`);
      }),
      filter(({ found }) => found.ok),
      take(1),
      timeout({
        each: PATIENCE,
        with: () => {
          throw tooLong();
        },
      }),
    );
    await firstValueFrom(found$);
    terminal.talk('The phone is set up: Milton takes what it sends.');
    return 0;
  } finally {
    await milton.close();
  }
};

const tooLong = () =>
  new MiltonError('NOTHING_CAME', 'No message came that Milton would take.', {
    hint: `Compare the Shortcut with ${page('shortcut.md')}, step by step.`,
  });
