import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { CONFIG_FILE } from '../../../config/find-config.ts';
import { MiltonError } from '../../pipeline/errors.ts';
import { ConfigProblems } from '../../pipeline/setup/problems.ts';
import type { Invocation, Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { safe, type Terminal } from '../command-line/terminal.ts';
import { type Prepared, prepare } from '../installation/prepare.ts';
import { problemsOfParts } from '../installation/try-assembly.ts';
import { firstMessage } from './first-message.ts';
import { offerService } from './offer-service.ts';
import { type PhoneSetUp, phoneOf, showPhone } from './phone.ts';
import { nobody, person, type Questions } from './questions.ts';
import { demandSafeKeys, drafts, existing, makeKeys, places, writeSetUp } from './set-up.ts';
import { survey } from './survey.ts';
import { workbench } from './workbench.ts';

/** `milton init`: from nothing to a first answered request. */
export const init: Run = async ({ flags, terminal }) => {
  if (flags.config !== undefined) {
    throw usageError('"milton init" takes no --config.', `It writes to ${places().config}; move the files afterwards.`);
  }
  const ask = whoAnswers(flags, terminal);
  demandSafeKeys();
  const there = existing();
  if (await makes(there, ask, flags)) await make(there, ask, flags);
  else ask.say(`The set-up stays as it is: ${there.map((path) => safe(path)).join(', ')}`);
  forgetShell(ask);

  const prepared = await prepare({ ...flags, config: places().config }, { create: true });
  const problems = [...prepared.problems, ...(await problemsOfParts(prepared))];
  if (problems.length > 0) throw new ConfigProblems(problems);
  const phone = phoneOf(prepared);
  if (phone.shortcut || phone.codes) makeKeys({ sending: phone.codes ? 'codes' : 'shortcut' });
  try {
    // The key must not get into whatever the output of a script goes to.
    if (process.stdout.isTTY) await showPhone(phone, terminal, ask);
    else terminal.talk('What the phone has to scan: milton keys qr');
    const answered = await waitForFirst(prepared, phone, flags, terminal);
    if (answered) terminal.talk(`\n${terminal.style('green', 'Milton heard you, and has answered.')}`);
    const serves = !flags.yes && (await offerService(places().config, ask, terminal));
    sayWhatNext(serves, terminal);
    return 0;
  } catch (error) {
    if (!isCancelled(error)) throw error;
    throw new MiltonError('CANCELLED', 'The set-up is written.', { hint: 'Go on with the phone: milton init' });
  }
};

function whoAnswers({ yes }: Invocation['flags'], { talk }: Terminal): Questions {
  if (yes) return nobody(talk);
  if (process.stdin.isTTY && process.stderr.isTTY) return person;
  throw usageError(
    '"milton init" asks questions, and there is no terminal.',
    'Run: milton init --yes --repository PATH',
  );
}

/** Whether there is to be a new set-up. */
async function makes(
  there: readonly string[],
  ask: Questions,
  { replace, yes }: Invocation['flags'],
): Promise<boolean> {
  // An .env alone is of no use, and is kept beside the new one.
  if (!there.includes(places().config) || replace) return true;
  if (yes) return false;
  const choices = [
    { value: 'keep', label: 'Keep it, and go on with the phone' },
    { value: 'replace', label: 'Make a new one', hint: 'the files are kept beside it; keys stay as they are' },
  ] as const;
  return (
    (await ask.choose<'keep' | 'replace'>(`There is a set-up in ${safe(places().config)}.`, choices, 'keep')) ===
    'replace'
  );
}

/** What the shell says otherwise than the files does not count here: a service would not have it. */
function forgetShell(ask: Questions): void {
  const { env } = places();
  const written = existsSync(env) ? parseEnv(readFileSync(env, 'utf8')) : {};
  for (const [name, value] of Object.entries(written)) {
    if (process.env[name] === undefined || process.env[name] === value) continue;
    delete process.env[name];
    ask.warn(`${safe(name)} is set otherwise in this shell. Here ${safe(env)} counts; take it out of the shell.`);
  }
}

async function make(there: readonly string[], ask: Questions, flags: Invocation['flags']): Promise<void> {
  const milton = await workbench();
  try {
    const answers = await survey({ ask, flags, milton });
    const files = drafts(answers).map(({ path }) => safe(path));
    if (!(await ask.confirm('Write the configuration, its .env and the keys?', true))) {
      throw new MiltonError('CANCELLED', 'Cancelled.');
    }
    const kept = writeSetUp(answers, there);
    ask.say(`Written: ${[...files, safe(places().keys)].join(', ')}. Only you can read them.`);
    for (const path of kept) ask.say(`What was there is kept: ${safe(path)}`);
  } catch (error) {
    if (!isCancelled(error)) throw error;
    throw new MiltonError('CANCELLED', 'Cancelled: nothing was written.');
  } finally {
    await milton.close();
  }
}

const isCancelled = (error: unknown) => error instanceof MiltonError && error.code === 'CANCELLED';

/** Resolves to whether a first message was answered. */
async function waitForFirst(
  prepared: Prepared,
  phone: PhoneSetUp,
  flags: Invocation['flags'],
  terminal: Terminal,
): Promise<boolean> {
  if (flags['no-wait'] || flags.yes) return false;
  const stop = new AbortController();
  const end = () => (stop.signal.aborted ? process.exit(130) : stop.abort());
  process.on('SIGINT', end);
  try {
    return await firstMessage(prepared, { terminal, signal: stop.signal, signed: phone.shortcut && !phone.codes });
  } catch (error) {
    if (!(error instanceof MiltonError) || error.code !== 'ALREADY_RUNNING') throw error;
    terminal.talk(`${error.message} Start it again, so that it takes this set-up.`);
    return false;
  } finally {
    process.off('SIGINT', end);
  }
}

function sayWhatNext(serves: boolean, { talk }: Terminal): void {
  const near = join(process.cwd(), CONFIG_FILE);
  if (existsSync(near) && near !== places().config) {
    talk(`In this folder, ${safe(near)} is taken before ${safe(places().config)}.`);
  }
  talk('\nWhat next:');
  if (serves) talk('  milton status            see what it does');
  else {
    talk('  milton service install   keep it running, also after a restart, once you log in');
    talk('  milton start             run it in this terminal');
  }
  talk('  milton doctor            find out what is wrong, whenever something is');
  talk('  milton init              come back here');
}
