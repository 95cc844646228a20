import type { Notice, UnreadFile } from '../../pipeline/message.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { Names, Unclear } from './reading.ts';

/** Characters of a message in a title. */
const MEANT_SHOWN = 50;
/** And where it is asked what to do with it. */
const ASKED_SHOWN = 60;

/** The answer to a message that is not run as it stands: why, and what to send instead. What it says of the message is cleaned before. */
export function wording(reading: Unclear, names: Names): Notice {
  switch (reading.why) {
    case 'empty':
      return notRun(
        reading.kind === undefined ? 'The message was empty' : `${reading.kind} needs a request after it`,
        reading.kind === 'RESEARCH'
          ? 'For example: "RESEARCH: how does our login work?"'
          : 'For example: "CODE: add a login page". HELP lists the commands.',
      );
    case 'near miss':
      return notRun(
        `Did you mean: ${shortLine(reading.meant, MEANT_SHOWN)}`,
        `"${reading.word}" is not a word I know, so nothing was run. Send this, or begin with CODE: if it is another request:\n${reading.meant}`,
      );
    case 'unknown name':
      return notRun(
        `Nothing here is called "${reading.name}"`,
        `Nothing was run. Repositories: ${names.repositories.join(', ')}. Agents: ${names.agents.join(', ')}. ` +
          `For example: "CODE @${names.repositories[0]}: add a login page".`,
      );
    case 'two repositories': {
      const [one, other] = reading.repositories;
      return notRun(
        `Which one: ${one} or ${other}?`,
        `Nothing was run, because a request is for one repository. Send it with @${one} or with @${other}, or once for each.`,
      );
    }
    case 'no request':
      return notRun(
        `"${shortLine(reading.said, MEANT_SHOWN)}" is not a request`,
        'Nothing was run. Begin with "CODE:" or "RESEARCH:", or send HELP for the commands.',
      );
  }
}

/** The answer to a message that was nothing but a file Milton has not read. */
export const notRead = ({ name, why }: UnreadFile): Notice =>
  notRun(
    `Not read: ${shortLine(name, MEANT_SHOWN)}, because ${why}`,
    'Nothing was started. Send what you want as text: "CODE: add a login page".',
  );

/** The answer to a request without a prefix where the configuration wants one. */
export function askForPrefix(text: string): Notice {
  const start = shortLine(text, ASKED_SHOWN);
  return notRun(
    'CODE or RESEARCH?',
    `Nothing was run. Send "CODE: ${start}" to have it done, "RESEARCH: ${start}" to have it looked into.`,
  );
}

/** The last word on the message. It must arrive, or the person waits for a run that there is not. */
const notRun = (title: string, body: string): Notice => ({ title, body, kind: 'final' });
