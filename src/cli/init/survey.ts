import { randomBytes } from 'node:crypto';
import { homedir } from 'node:os';
import { agentFolderOf } from '../../../config/agent-folders.ts';
import { isCheckout } from '../../../config/checkout.ts';
import { realPath } from '../../../config/inside.ts';
import { expandPath } from '../../../config/load-environment.ts';
import { ownFolder } from '../../../config/own-folder.ts';
import { text, topic } from '../../../config/text.ts';
import { toBase32 } from '../../plugins/authorise/totp.ts';
import { factsReader, type RepositoryFacts } from '../../plugins/optimizer/repository-facts.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { safe } from '../command-line/terminal.ts';
import { packageRoot } from '../installation/package-root.ts';
import type { AgentName, Answers, Sending, Server } from './answers.ts';
import { agentChoices, findAgents } from './find-agents.ts';
import { findRepositories, repositoryName } from './find-repositories.ts';
import { flagOf, type Survey } from './given.ts';
import type { Questions } from './questions.ts';
import { whichServer } from './which-server.ts';

/** Of a topic's name: nobody guesses it. */
const TOPIC_BYTES = 16;
const OTHER = 'another';

/** Asks what a set-up is made of; an option of the command line answers its question. */
export async function survey(given: Survey): Promise<Answers> {
  const repository = await whichRepository(given);
  const agents = await whichAgents(given);
  const [askTopic, answerTopic] = [topicOf(given, 'ask-topic', 'ask'), topicOf(given, 'answer-topic', 'answer')];
  if (askTopic === answerTopic)
    throw usageError('Requests and answers need two topics.', 'Name another one, or leave it out.');
  const server = await whichServer(given, askTopic);
  const sending = await howToSend(given, server);
  const perplexityKey =
    process.env.PERPLEXITY_API_KEY?.trim() ||
    (await given.ask.secret('A Perplexity API key, for research on the web (leave it empty to research locally)'));
  return { repository, agents, server, askTopic, answerTopic, sending, ...(perplexityKey ? { perplexityKey } : {}) };
}

async function whichRepository({ ask, flags, milton }: Survey): Promise<Answers['repository']> {
  const path = expandPath(flagOf({ flags }, 'repository') ?? (await askForRepository(ask)), process.cwd());
  const problem = unfit(path);
  if (problem !== undefined)
    throw usageError(`${safe(path)} ${problem}`, 'Name another one: milton init --repository PATH');
  const facts = await ask.during('Looking at it …', factsReader(milton.get)(path), (found) => safe(told(path, found)));
  return { name: repositoryName(path), path, test: facts.commands.test };
}

async function askForRepository(ask: Questions): Promise<string> {
  const near = await findRepositories({ folder: process.cwd(), home: homedir(), never: packageRoot() });
  const found = near.filter((path) => unfit(path) === undefined);
  const choices = [
    ...found.map((path) => ({ value: path, label: safe(path) })),
    { value: OTHER, label: 'Another one' },
  ];
  const chosen = await ask.choose('Which repository shall requests work in?', choices, found[0] ?? OTHER);
  if (chosen !== OTHER) return chosen;
  return ask.text('The path of the repository', {
    placeholder: '~/src/app',
    wrong: (answer) => (answer === '' ? 'Name a folder.' : unfit(expandPath(answer, process.cwd()))),
  });
}

/** Why requests cannot work in a folder. */
function unfit(path: string): string | undefined {
  if (!text().safeParse(path).success) return 'has a line break or a control character in its name.';
  if (!isCheckout(path)) return 'is no checkout of a git repository.';
  if (agentFolderOf(ownFolder(), [realPath(path)]) === undefined) return undefined;
  return `holds ${ownFolder()}, where agents could change what Milton does.`;
}

function told(path: string, { languages, frameworks, packageManager, commands }: RepositoryFacts): string {
  const facts = [
    languages.join(', '),
    frameworks.slice(0, 3).join(', '),
    packageManager,
    commands.test && `tests: ${commands.test}`,
  ];
  return [path, facts.filter(Boolean).join(' · ')].filter(Boolean).join(': ');
}

async function whichAgents({ ask, flags, milton }: Survey): Promise<readonly AgentName[]> {
  const found = await ask.during('Looking for agents …', findAgents(milton.agents), (agents) => {
    const ready = agents.filter(({ complaints }) => complaints.length === 0).map(({ label }) => label);
    return ready.length > 0 ? `Ready to work: ${ready.join(', ')}` : 'No agent is ready to work yet.';
  });
  const choices = agentChoices(found);
  const names = choices.map(({ value }) => value);
  const named = flagOf({ flags }, 'agent');
  const chosen =
    named === undefined
      ? await ask.choose('Who shall do the work?', choices, names[0]!)
      : names.find((name) => name === named);
  if (chosen === undefined) throw usageError(`There is no agent "${safe(named!)}".`, `Choose ${names.join(', ')}.`);
  for (const complaint of found.find(({ name }) => name === chosen)?.complaints ?? []) ask.warn(safe(complaint));
  const others = found.filter(({ name, installed }) => installed && name !== chosen).map(({ name }) => name);
  return chosen === 'rehearsal' ? [chosen] : [chosen, ...others];
}

function topicOf(given: Survey, flag: string, what: string): string {
  const named = flagOf(given, flag);
  if (named === undefined) return `milton-${what}-${toBase32(randomBytes(TOPIC_BYTES)).toLowerCase()}`;
  const parsed = topic().safeParse(named);
  if (!parsed.success) throw usageError(`"${safe(named)}" is no topic.`, 'Use 1 to 64 letters, digits, - and _.');
  return parsed.data;
}

async function howToSend(given: Survey, { token, user }: Server): Promise<Sending> {
  const closed = Boolean(token ?? user);
  const choices = [
    { value: 'shortcut', label: 'Speaking to Siri, through a Shortcut that signs', hint: 'ten minutes to make, once' },
    {
      value: 'codes',
      label: 'Typing in the ntfy app, with a one-time code before each request',
      hint: 'before anything is run, the Shortcut or this machine must say yes',
    },
    ...(closed
      ? ([
          { value: 'acl', label: 'Typing, without a code', hint: 'only where the server lets no stranger write' },
        ] as const)
      : []),
  ] as const;
  const named = flagOf(given, 'send');
  if (named === undefined) return given.ask.choose<Sending>('How will you send requests?', choices, 'shortcut');
  const chosen = choices.find(({ value }) => value === named);
  if (chosen) return chosen.value;
  const why = named === 'acl' ? '--send acl needs a login at the server.' : `There is no way "${safe(named)}" to send.`;
  throw usageError(why, `Choose ${choices.map(({ value }) => value).join(' or ')}.`);
}
