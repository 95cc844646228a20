import { inboxTopics, type NtfyOptions } from '../../../../transports/ntfy/options.ts';
import { ntfyApi } from '../../../../transports/ntfy/server/api.ts';
import { UNAUTHORIZED } from '../../../../transports/ntfy/server/error-codes.ts';
import { mayRead, mayWrite } from '../../../../transports/ntfy/server/rights.ts';
import { REFUSED, UNREACHABLE } from '../../../command-line/exit-codes.ts';
import { at, type Finding } from '../../examination.ts';
import { type Answer, asked, type Server } from './server.ts';

const { ok, failure } = at('ntfy');

interface Right {
  readonly id: 'read' | 'write';
  readonly topics: readonly string[];
  readonly permission: 'read-only' | 'write-only';
}

/** Whether Milton itself may listen and answer. */
export async function ownRights({ options, patient, signal }: Server): Promise<readonly Finding[]> {
  const api = ntfyApi(patient.machine.fetch, options);
  const [inboxes, { answerTopic }] = [inboxTopics(options), options];
  const read: Right = { id: 'read', topics: inboxes, permission: 'read-only' };
  const listening = await asked((until) => mayRead(api, inboxes, until), signal);
  // A wrong login is asked with once: servers count those.
  if (listening.is === 'no' && listening.failure.code === UNAUTHORIZED)
    return [notLetIn(options, listening.failure.message)];
  const write: Right = { id: 'write', topics: [answerTopic], permission: 'write-only' };
  const answering = await asked((until) => mayWrite(api, answerTopic, until), signal);
  return [told(read, listening, options), told(write, answering, options)];
}

const notLetIn = ({ token }: NtfyOptions, said: string): Finding =>
  failure('login', `Milton is not let in: ${said}`, {
    why: 'It hears nothing until that is mended. A server may lock an address out that keeps trying.',
    repair: token
      ? 'Correct NTFY_TOKEN in .env. On the server, "ntfy token list" shows the tokens'
      : 'Correct NTFY_USER and NTFY_PASSWORD in .env. On the server: ntfy user change-pass USER',
    exit: REFUSED,
  });

function told({ id, topics, permission }: Right, answer: Answer, { user, token }: NtfyOptions): Finding {
  const named = topics.join(', ');
  const act = id === 'read' ? 'read' : 'write to';
  if (answer.is === 'yes') return ok(id, `Milton may ${act} ${named}`);
  if (answer.is === 'unknown') {
    const repair = 'Run: milton doctor again in a moment';
    return failure(id, `Whether Milton may ${act} ${named} is not known: ${answer.failure.message}`, {
      repair,
      exit: UNREACHABLE,
    });
  }
  const commands = topics.map((topic) => `ntfy access ${user ?? 'USER'} ${topic} ${permission}`);
  return failure(id, `Milton may not ${act} ${named}`, {
    why: id === 'read' ? 'It hears no request.' : 'You get no answer.',
    repair:
      token || user
        ? `On the server, run: ${commands.join(' && ')}`
        : 'Set NTFY_TOKEN in .env to a token of a user who may',
    exit: REFUSED,
  });
}
