import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { estimateTokenCount } from 'tokenx';
import { MiltonError } from '../../pipeline/errors.ts';
import { memory } from '../../transports/memory.ts';
import { MemoryPhone, type ReceivedNotice } from '../../transports/memory-phone.ts';
import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { requestText } from '../command-line/request-text.ts';
import { safe, type Terminal, table } from '../command-line/terminal.ts';
import { type Prepared, prepare, refuse } from '../installation/prepare.ts';
import { tryAssembly } from '../installation/try-assembly.ts';
import { hearOnce } from './hear-once.ts';
import { type MadePrompt, promptPipeline } from './prompt-pipeline.ts';

const ENDING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Milliseconds after which somebody wonders. */
const SLOW = 10_000;

/** `milton prompt`: what the agent would get for a request, made by the steps of the configuration on the real core. */
export const prompt: Run = async ({ flags, words: [word], terminal }) => {
  const text = await requestText('prompt', word);
  const prepared = await prepare(flags);
  await refuse(prepared);
  // Steps that keep something must not keep it where the real Milton would find it.
  const scratch = await mkdtemp(join(tmpdir(), 'milton-prompt-'));
  const end = (_: NodeJS.Signals, number: number) => {
    rmSync(scratch, { recursive: true, force: true });
    process.exit(128 + number);
  };
  for (const signal of ENDING) process.once(signal, end);
  const hint = setTimeout(() => terminal.talk('The steps are still at work; Ctrl-C ends it.'), SLOW).unref();
  try {
    const { made, notices, withoutWeb } = await tryOut(prepared, { text, web: flags.web === true, scratch });
    if (!made) throw refusalOf(notices);
    for (const { kind, title, body } of notices) {
      if (kind === 'milestone') terminal.talk(safe([title, body].filter(Boolean).join('\n'), { lines: true }));
    }
    show(made, terminal, flags.json === true);
    if (withoutWeb !== undefined) {
      terminal.talk(`Without ${safe(withoutWeb)}(): --web runs it as well, which may ask the web and cost something.`);
    }
    return 0;
  } finally {
    clearTimeout(hint);
    for (const signal of ENDING) process.off(signal, end);
    await rm(scratch, { recursive: true, force: true });
  }
};

interface Trial {
  readonly text: string;
  readonly web: boolean;
  /** An empty folder for what the steps write. */
  readonly scratch: string;
}

async function tryOut(prepared: Prepared, { text, web, scratch }: Trial) {
  const config = prepared.config!;
  const phone = new MemoryPhone();
  const found: MadePrompt[] = [];
  const { steps, withoutWeb } = promptPipeline(config.pipeline, { web, made: (prompt) => found.push(prompt) });
  const folders = { state: join(scratch, 'state'), output: join(scratch, 'output'), logs: join(scratch, 'logs') };
  for (const folder of Object.values(folders)) await mkdir(folder, { mode: 0o700 });
  const milton = await tryAssembly(
    { ...prepared, folders },
    { ...config, transports: [memory({ phone })], pipeline: steps },
  );
  try {
    await hearOnce(milton, phone, text);
  } finally {
    await milton.close();
  }
  return { made: found.at(-1), notices: phone.notices, withoutWeb };
}

/** What the phone would have been told in place of the work. */
function refusalOf(notices: readonly ReceivedNotice[]): MiltonError {
  const last = notices.at(-1);
  if (!last) return new MiltonError('NO_PROMPT', 'The steps made no prompt of it, and said nothing.');
  const told = [last.title, last.body].filter(Boolean).join('\n');
  if (last.kind === 'question') {
    return new MiltonError('NO_PROMPT', told, { hint: 'Only a running Milton can be answered: send it the request.' });
  }
  // A step that failed is not the fault of whoever has asked.
  const failed = last.address.key === 'error' || last.address.key === 'final';
  return failed ? new MiltonError('NO_PROMPT', told) : usageError(told);
}

function show({ prompt, outline = [] }: MadePrompt, terminal: Terminal, json: boolean): void {
  const tokens = estimateTokenCount(prompt);
  if (json) {
    terminal.printJson({ v: 1, prompt, sections: outline, tokens });
    return;
  }
  const shown = safe(prompt, { lines: true });
  terminal.print(shown);
  const counts = [...outline, { name: 'total', tokens }];
  const width = String(tokens).length;
  const rows = counts.map(({ name, tokens }) => [safe(name), String(tokens).padStart(width)]);
  for (const line of table([['section', 'tokens (estimated)'], ...rows])) terminal.talk(line);
  if (shown !== prompt) {
    terminal.talk('Secrets and control characters are not shown; the agent gets the request as it was written.');
  }
}
