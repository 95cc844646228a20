import { variables } from '../../../../../config/env.ts';
import { inboxTopics, type NtfyOptions } from '../../../../transports/ntfy/options.ts';
import { at, type Finding } from '../../examination.ts';

/** A shorter name can be tried out, in characters. */
const SHORTEST = 16;

/** Topics of a server that strangers may use whose names can be guessed. */
export function guess(options: NtfyOptions): readonly Finding[] {
  const everybodys = ['ASK_TOPIC', 'ANSWER_TOPIC'].map((name) => variables.shape[name as 'ASK_TOPIC'].parse(undefined));
  const weak = [...inboxTopics(options), options.answerTopic].filter(
    (topic) => topic.length < SHORTEST || everybodys.includes(topic),
  );
  if (weak.length === 0) return [];
  return [
    at('ntfy').warning('names', `${weak.join(' and ')} can be guessed`, {
      why: 'Where strangers may use a server, the name of a topic is all that keeps them out.',
      repair: 'Set ASK_TOPIC and ANSWER_TOPIC in .env to long random names: openssl rand -hex 16 makes one',
    }),
  ];
}
