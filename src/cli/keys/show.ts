import { hash } from 'node:crypto';
import { keyFile, readKeys } from '../../pipeline/services/keys/key-file.ts';
import { effectiveOptions } from '../../pipeline/setup/effective.ts';
import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { safe, type Terminal, table } from '../command-line/terminal.ts';
import { moment } from '../command-line/wording.ts';
import { page } from '../installation/package-root.ts';
import { type Prepared, prepare } from '../installation/prepare.ts';
import { qrLines } from './qr.ts';

/** Tells keys apart without telling anything of them. */
const fingerprint = (secret: string) => hash('sha256', `milton key ${secret}`).slice(0, 8);

/** `milton keys show`: which keys count; `--secret` prints the newest itself, to be put on the phone by hand. */
export const show: Run = async ({ flags, terminal }) => {
  const { signing, totp } = theKeys();
  const rows = signing.map(({ secret, made }, index) => ({
    ...{ fingerprint: fingerprint(secret), made },
    use: index === 0 ? 'signs and verifies' : 'verifies until the next rotation',
  }));
  if (flags.json) {
    terminal.printJson({ v: 1, file: keyFile(), keys: rows, totp: totp !== undefined });
    return 0;
  }
  if (flags.secret) {
    terminal.print(signing[0]!.secret);
    return 0;
  }
  for (const line of table(rows.map((row) => [row.fingerprint, moment(Date.parse(row.made)), row.use])))
    terminal.print(line);
  if (totp !== undefined) terminal.print('and a secret for one-time codes');
  terminal.talk(`They are in ${keyFile()}.`);
  return 0;
};

/** `milton keys qr`: what the phone needs, to be scanned. */
export const showCodes: Run = async ({ flags, terminal }) => {
  const key = theKeys().signing[0]!.secret;
  const places = addresses(await prepare(flags));
  for (const place of places) {
    showAnswers(place, terminal);
    showRequests(place, terminal);
  }
  if (places.length === 0) terminal.talk('The configuration has no ntfy(), so there is no topic to show.');
  showKey(key, terminal);
  terminal.talk(`How the Shortcut is made: ${page('shortcut.md')}. Then try it: milton keys test`);
  return 0;
};

/** Where an ntfy() listens and answers. */
export interface Address {
  readonly server: string;
  readonly ask: string;
  readonly answer: string;
}

/** Shows where the phone subscribes. */
export function showAnswers({ server, answer }: Address, terminal: Terminal): void {
  const address = `${server}/${answer}`;
  code(terminal, `Answers: subscribe to this topic in the ntfy app (${safe(address)})`, address);
}

/** Shows where the phone sends. */
export function showRequests({ server, ask }: Address, terminal: Terminal): void {
  terminal.print(`${terminal.style('bold', 'Requests: send to the server')} ${safe(server)}`);
  code(terminal, `and there to this topic (${safe(ask)})`, ask);
}

/** Shows the key that the Shortcut signs with. */
export const showKey = (key: string, terminal: Terminal): void =>
  code(terminal, 'The key of the Shortcut: keep it to yourself, and clear the screen afterwards', key);

function code(terminal: Terminal, title: string, text: string): void {
  terminal.print(terminal.style('bold', title));
  for (const line of qrLines(text, terminal)) terminal.print(line);
  terminal.print('');
}

function theKeys() {
  const keys = readKeys(keyFile());
  if (!keys || keys.signing.length === 0) throw usageError('There is no key yet.', 'Make one: milton keys new');
  return keys;
}

/** Where each ntfy() of the configuration listens and answers. */
export function addresses({ config, environment }: Prepared): readonly Address[] {
  if (!config) return [];
  const options = effectiveOptions(config, environment.environment);
  return config.transports.flatMap(({ name }) => {
    const value = (option: string) => {
      const found = options.find((each) => each.part === name && each.option === option)?.value;
      return typeof found === 'string' ? found : '';
    };
    const [server, ask, answer] = [value('baseUrl'), value('askTopic'), value('answerTopic')];
    return server && ask && answer ? [{ server, ask, answer }] : [];
  });
}
