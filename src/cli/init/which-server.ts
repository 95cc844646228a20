import { address } from '../../../config/text.ts';
import { Fetch } from '../../pipeline/services.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { safe } from '../command-line/terminal.ts';
import type { Server } from './answers.ts';
import { checkServer } from './check-server.ts';
import { flagOf, type Survey } from './given.ts';
import type { Questions } from './questions.ts';

const NTFY_SH = 'https://ntfy.sh';
const OWN = 'own';

/** Asks which ntfy server to use and how to log in there, until it answers or the person goes on without. */
export async function whichServer(given: Survey, askTopic: string): Promise<Server> {
  const { ask, milton } = given;
  for (let first = true; ; first = false) {
    const server = await askForServer(given, first);
    const problem = await ask.during(
      `Asking ${safe(server.baseUrl)} …`,
      checkServer(milton.get(Fetch), server, askTopic),
      (found) => (found === undefined ? `${safe(server.baseUrl)} answers.` : safe(found)),
    );
    if (problem === undefined) return server;
    // What an option says is not asked for again.
    if (flagOf(given, 'server') !== undefined) {
      ask.warn('The set-up goes on without it. Milton tries again when it starts.');
      return server;
    }
    if (!(await ask.confirm('Try another address or login?', false))) return server;
  }
}

async function askForServer(given: Survey, first: boolean): Promise<Server> {
  const { ask } = given;
  const named = flagOf(given, 'server') ?? (await addressOf(ask));
  const parsed = address(NTFY_SH).safeParse(named);
  if (!parsed.success) throw usageError(`"${safe(named)}" is no address of a server.`, `Write it like ${NTFY_SH}.`);
  return { baseUrl: parsed.data, ...(await loginFor(given, parsed.data, first)) };
}

async function addressOf(ask: Questions): Promise<string> {
  const choices = [
    { value: NTFY_SH, label: 'ntfy.sh', hint: 'free; messages are signed, and others may read them' },
    { value: OWN, label: 'A server of my own' },
  ];
  if ((await ask.choose('Through which ntfy server?', choices, NTFY_SH)) === NTFY_SH) return NTFY_SH;
  return ask.text('Its address', {
    placeholder: 'https://ntfy.example.com',
    wrong: (answer) =>
      address(NTFY_SH).safeParse(answer).success ? undefined : 'Write it like https://ntfy.example.com',
  });
}

/** The login of the command line and the environment is for the server that they are given with, and for the first try. */
async function loginFor(given: Survey, baseUrl: string, first: boolean): Promise<Omit<Server, 'baseUrl'>> {
  const { ask } = given;
  const { NTFY_TOKEN: token, NTFY_PASSWORD: known } = process.env;
  const user = flagOf(given, 'user');
  const asked = flagOf(given, 'server') === undefined && !given.flags.yes;
  if (first && user !== undefined) return { user, password: known || (await passwordOf(ask, user)) };
  if (first && token && (!asked || baseUrl !== NTFY_SH)) {
    ask.say('The login is that of NTFY_TOKEN.');
    return { token };
  }
  if (!asked || (first && baseUrl === NTFY_SH)) return {};
  const choices = [
    { value: 'none', label: 'Without a login' },
    { value: 'token', label: 'With an access token', hint: 'tk_…' },
    { value: 'user', label: 'With a name and a password' },
  ] as const;
  const way = await ask.choose('How does Milton log in there?', choices, 'none');
  if (way === 'token') return { token: await ask.secret('The access token', { needed: true }) };
  if (way === 'none') return {};
  const name = await ask.text('The name', { wrong: (answer) => (answer === '' ? 'Write the name.' : undefined) });
  return { user: name, password: await passwordOf(ask, name) };
}

const passwordOf = (ask: Questions, user: string) => ask.secret(`The password of ${safe(user)}`, { needed: true });
