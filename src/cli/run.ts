import { readArguments, splitCommand, unknownCommand } from './command-line/arguments.ts';
import { COMMANDS } from './commands.ts';
import { version } from './version.ts';

/** How long a command's leftovers may keep the process alive after its end, in ms. */
const LEFTOVERS = 500;

/** Runs one command line to its end and sets the process's exit code. */
export async function run(argv: readonly string[]): Promise<void> {
  // A reader such as `head` may have seen enough; that is no failure.
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 1));
  process.stderr.on('error', () => {});
  if (argv.includes('--no-color')) process.env.NO_COLOR = '1';
  process.exitCode = await execute(argv).catch((error) => report(error, argv));
  process.stdout.write('', () => setTimeout(() => process.exit(), LEFTOVERS).unref());
}

async function execute(argv: readonly string[]): Promise<number> {
  const { name, rest } = splitCommand(argv);
  if (name === undefined) return withoutCommand(rest);
  if (name === 'help') return explain(splitCommand(rest).name);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw await unknownCommand(name);
  const { flags, words } = await readArguments(name, command, rest);
  if (flags.help) return explain(name);
  const [{ openTerminal }, load] = await Promise.all([import('./command-line/terminal.ts'), command.load()]);
  return load({ flags, words, terminal: openTerminal({ verbose: flags.verbose === true }) });
}

async function withoutCommand(argv: readonly string[]): Promise<number> {
  if (argv.includes('--version') || argv.includes('-V')) {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  const unknown = argv.find(
    (word) => word.startsWith('-') && !['-h', '--help', '-v', '--verbose', '--no-color'].includes(word),
  );
  if (unknown === undefined) return explain(undefined);
  const { usageError } = await import('./command-line/exit-codes.ts');
  throw usageError(`Milton has no option ${unknown}.`, 'Run: milton --help');
}

async function explain(name: string | undefined): Promise<number> {
  const { commandHelp, help } = await import('./command-line/help.ts');
  const command = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (name !== undefined && !command) throw await unknownCommand(name);
  process.stdout.write(`${command ? commandHelp(name!, command) : help()}\n`);
  return 0;
}

async function report(error: unknown, argv: readonly string[]): Promise<number> {
  const { reportError } = await import('./command-line/report-error.ts');
  // Wrong use quotes nothing but the command line, and is to be told at once: the environment takes longer to load than that.
  const misused = (error as { code?: unknown } | undefined)?.code === 'USAGE';
  const secrets = misused ? [] : (await import('../../config/current-env.ts')).knownSecrets();
  return reportError(error, argv.includes('-v') || argv.includes('--verbose'), secrets);
}
