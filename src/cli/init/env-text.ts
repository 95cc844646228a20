import { exposureOf } from '../../pipeline/exposure.ts';
import { usageError } from '../command-line/exit-codes.ts';
import type { Answers } from './answers.ts';

/** What the `.env` beside the configuration says of these answers. */
export function envText({ repository, server, askTopic, answerTopic, perplexityKey }: Answers): string {
  const { baseUrl, token, user, password } = server;
  const plain = baseUrl.startsWith('http://') && exposureOf(baseUrl) === 'public';
  const lines = [
    '# What milton.config.ts beside this file reads. Keep it to yourself: it must stay readable by you alone.',
    line('TARGET_REPO', repository.path),
    '',
    line('NTFY_BASE_URL', baseUrl),
    line('ASK_TOPIC', askTopic),
    line('ANSWER_TOPIC', answerTopic),
    ...(token ? [line('NTFY_TOKEN', token)] : []),
    ...(user ? [line('NTFY_USER', user), line('NTFY_PASSWORD', password ?? '')] : []),
    ...(plain
      ? ['# Messages and the login cross the network readable by others.', line('NTFY_ALLOW_HTTP', 'true')]
      : []),
    ...(perplexityKey ? ['', line('PERPLEXITY_API_KEY', perplexityKey)] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** As Node's `parseEnv` reads it back; a value has one line. */
export function line(name: string, value: string): string {
  if (/^[\w./:@~+-]*$/.test(value)) return `${name}=${value}`;
  const quote = ["'", '`', '"'].find((each) => !value.includes(each));
  // Between double quotes, what looks like an escape would be taken for one.
  if (quote === undefined || (quote === '"' && value.includes('\\'))) {
    throw usageError(`${name} holds every sort of quotation mark, which a .env file cannot.`, 'Choose another one.');
  }
  return `${name}=${quote}${value}${quote}`;
}
