import { Writable } from 'node:stream';
import { openTerminal, safe, short } from '../../src/cli/command-line/terminal.ts';
import { fitted } from '../../src/pipeline/flow/fitting.ts';
import type { Notice } from '../../src/pipeline/message.ts';
import { reducer } from '../../src/pipeline/privacy/reduce.ts';
import { cleaner } from '../../src/pipeline/services/clean.ts';
import { createLogger } from '../../src/pipeline/services/logger.ts';
import { createRedactor } from '../../src/pipeline/services/redact.ts';
import { sanitise } from '../../src/pipeline/services/sanitise.ts';
import type { Transport } from '../../src/pipeline/transport.ts';
import { showNotice } from '../../src/transports/show-notice.ts';
import { seeded } from '../random.ts';
import { nastyText } from './nasty-text.ts';

/**
 * Controls but tab and newline, what looks like the end of a line, halves of characters, annotations, and what Unicode calls ignorable.
 * A joiner and a selector are let be within a picture, which the tests of `sanitise` see to.
 */
const FORBIDDEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\p{Cs}]|(?![\u200d\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}/u;

export interface Figures {
  readonly texts: number;
  /** Of how many something came out that must not. */
  readonly bad: number;
  readonly seconds: number;
}

/** Sends hostile texts through everything that a text from outside goes through: log, notice, terminal, JSON. */
export async function fuzzTexts(count: number, seed: number): Promise<Figures> {
  const random = seeded(seed);
  const redact = createRedactor(['hunter2-hunter2']);
  let logged = '';
  const watch = (line: string) => {
    logged += line;
  };
  await using json = await createLogger({ level: 'info', redact, watch, readable: false });
  await using readable = await createLogger({ level: 'info', redact, watch, readable: true });
  const reduce = reducer({ home: '/home/me', worktrees: '/w', repositories: ['/home/me/app'], folders: [] });
  const overheard = { exposure: 'public' } as Transport;
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const began = performance.now();
  let bad = 0;
  for (let n = 0; n < count; n++) {
    const text = nastyText(random);
    logged = '';
    json.info(text, { [text]: text, nested: [{ text }], error: new Error(text) });
    readable.warn(text, { text, error: new Error(text) });
    const actions = [{ label: text, reply: text }];
    const notice: Notice = { title: text, body: text, click: text, tags: [text], key: text, actions };
    const told = await fitted(notice, overheard, { clean: cleaner(redact), reduce });
    const shown = [
      sanitise(text),
      logged,
      ...Object.values(told).flatMap((each) => JSON.stringify(each).replace(/\\[nt]/g, ' ')),
      showNotice(notice, nowhere),
      ...[safe(text), safe(text, { lines: true }), short(text, 20)],
      printed(() => openTerminal({ verbose: false }).printJson({ text, [text]: [text] })),
    ];
    if (shown.some((each) => FORBIDDEN.test(each))) bad++;
  }
  return { texts: count, bad, seconds: (performance.now() - began) / 1000 };
}

/** What is written to standard output meanwhile. */
function printed(print: () => void): string {
  const write = process.stdout.write;
  let all = '';
  process.stdout.write = (chunk: string | Uint8Array) => {
    all += String(chunk);
    return true;
  };
  try {
    print();
  } finally {
    process.stdout.write = write;
  }
  return all;
}
