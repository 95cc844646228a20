import { MiltonError } from '../../pipeline/errors.ts';
import { exposureOf } from '../../pipeline/exposure.ts';
import { inboxTopics, type NtfyOptions } from './options.ts';

const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;
const TOKEN = /^tk_[-_A-Za-z0-9]{29}$/;
/** The server's own paths, the same from 2.11 to 2.27. */
const RESERVED = new Set(['docs', 'static', 'file', 'app', 'metrics', 'account', 'settings', 'signup', 'login', 'v1']);

/** Throws one MiltonError NTFY_CONFIG that names everything a server would refuse or Milton could not live with. */
export function checkOptions(options: NtfyOptions): void {
  const problems = [
    ...urlProblems(options),
    ...topicProblems(options),
    ...credentialProblems(options),
    ...limitProblems(options),
  ];
  if (problems.length === 0) return;
  const list = problems.length === 1 ? problems[0] : problems.map((problem, i) => `\n  ${i + 1}. ${problem}`).join('');
  throw new MiltonError('NTFY_CONFIG', `ntfy cannot start: ${list}`, {
    hint: 'Change it in .env, or in ntfy({ … }) in milton.config.ts.',
  });
}

/** Whether credentials would cross a network unencrypted. */
export function exposesCredentials({ baseUrl, token, user }: NtfyOptions): boolean {
  return Boolean(token || user) && isUnencrypted(new URL(baseUrl));
}

const isUnencrypted = (url: URL) => url.protocol === 'http:' && exposureOf(url.href) === 'public';

function* urlProblems({ baseUrl, allowHttp }: NtfyOptions): Generator<string> {
  const url = URL.parse(baseUrl);
  if (!url || !/^https?:$/.test(url.protocol)) {
    yield 'baseUrl (NTFY_BASE_URL) is no http(s) address. Example: https://ntfy.sh';
    return;
  }
  if (url.username || url.password || url.search || url.hash) {
    yield 'baseUrl (NTFY_BASE_URL) must be the bare address: put credentials into NTFY_TOKEN, or NTFY_USER and NTFY_PASSWORD.';
  }
  // A server below a path is nothing ntfy supports; mostly it is a topic that was copied along.
  if (/[^/]/.test(url.pathname)) {
    yield `baseUrl (NTFY_BASE_URL) must be the address alone, ${url.origin}: topics have settings of their own.`;
  }
  if (isUnencrypted(url) && !allowHttp) {
    yield `baseUrl (NTFY_BASE_URL) ${url.origin} is not encrypted: everybody on the way could read and send requests. Use https://, or set NTFY_ALLOW_HTTP=1 if the network is yours.`;
  }
}

function* topicProblems(options: NtfyOptions): Generator<string> {
  const topics = [
    ['askTopic (ASK_TOPIC)', options.askTopic],
    ['answerTopic (ANSWER_TOPIC)', options.answerTopic],
    ['claudeTopic (CLAUDE_TOPIC)', options.claudeTopic],
    ['codexTopic (CODEX_TOPIC)', options.codexTopic],
  ] as const;
  for (const [name, topic] of topics) {
    if (topic === '' && topic !== options.askTopic && topic !== options.answerTopic) continue;
    if (!TOPIC.test(topic)) yield `${name} "${topic}" must be 1 to 64 letters, digits, "-" or "_".`;
    else if (RESERVED.has(topic)) yield `${name} "${topic}" is a name the server keeps for itself.`;
  }
  const inboxes = inboxTopics(options);
  if (inboxes.includes(options.answerTopic)) {
    yield `answerTopic (ANSWER_TOPIC) "${options.answerTopic}" is also an inbox: Milton would answer itself.`;
  }
  if (new Set(inboxes).size < inboxes.length) yield 'askTopic, claudeTopic and codexTopic must differ from each other.';
}

function* credentialProblems({ token, user, password }: NtfyOptions): Generator<string> {
  if (token && !TOKEN.test(token)) yield 'token (NTFY_TOKEN) must be "tk_" and 29 letters or digits.';
  if (Boolean(user) !== Boolean(password)) yield 'user and password (NTFY_USER, NTFY_PASSWORD) belong together.';
  if (user?.includes(':')) yield 'user (NTFY_USER) must not contain ":".';
}

function* limitProblems({ burst, dailyMessages }: NtfyOptions): Generator<string> {
  // Whoever raises one and forgets the other would have results wait for the next day.
  if (burst > dailyMessages) {
    yield `burst (${burst}) is more than dailyMessages (${dailyMessages}): one burst would use up the day.`;
  }
}
