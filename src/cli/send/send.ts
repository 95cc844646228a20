import { MiltonError } from '../../pipeline/errors.ts';
import { sign } from '../../plugins/authorise/signature.ts';
import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { requestText } from '../command-line/request-text.ts';
import { safe } from '../command-line/terminal.ts';
import { prepare, refuse } from '../installation/prepare.ts';
import { tryAssembly } from '../installation/try-assembly.ts';
import { Followed } from './follow.ts';

/** How long the server may take, in ms. */
const PATIENCE = 20_000;

/** `milton send`: gives a text to the first transport that takes one from here. */
export const send: Run = async ({ flags, words: [word], terminal }) => {
  if (flags.json && !flags.follow)
    throw usageError('--json needs --follow.', 'Write: milton send --follow --json "CODE: …"');
  const text = await requestText('send', word);
  const prepared = await prepare(flags);
  await refuse(prepared);
  await using followed = flags.follow ? await Followed.begin(prepared) : undefined;
  const milton = await tryAssembly(prepared, prepared.config!);
  try {
    const transport = milton.transports.find(({ submit }) => submit !== undefined);
    if (!transport?.submit) {
      throw new MiltonError('NO_SUBMIT', 'None of the configured transports takes a request from here.', {
        hint: 'Add ntfy() to transports in milton.config.ts.',
      });
    }
    const [key] = transport.exposure === 'local' ? [] : prepared.keys.current().signing;
    const id = await transport.submit(key === undefined ? text : sign(text, key), AbortSignal.timeout(PATIENCE));
    if (followed) return await followed.show({ text, id }, { flags, terminal });
    terminal.talk(`Sent through ${safe(transport.name)}. See what becomes of it: milton runs show last`);
    return 0;
  } finally {
    await milton.close();
  }
};
