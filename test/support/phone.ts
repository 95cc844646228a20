import { setTimeout as sleep } from 'node:timers/promises';

export interface PhoneOptions {
  readonly baseUrl: string;
  readonly askTopic: string;
  readonly answerTopic: string;
  readonly token?: string | undefined;
}

/** A notice as the app shows it; `at` is when the phone first saw it, in ms since the epoch. */
export interface PhoneNotice {
  readonly id: string;
  /** The run it belongs to, as the server carries it. */
  readonly run: string | undefined;
  readonly title: string;
  readonly body: string;
  readonly priority: number;
  readonly tags: readonly string[];
  readonly actions: readonly {
    readonly action: string;
    readonly label: string;
    readonly url: string;
    readonly body?: string;
  }[];
  readonly click: string | undefined;
  readonly at: number;
}

type Wire = Omit<PhoneNotice, 'run' | 'body' | 'at'> & { event: string; sequence_id?: string; message?: string };

const POLL_EVERY = 500;

/** Sends and reads as the ntfy app on a phone does: publishes requests, and collects answers by streaming and polling. */
export class Phone {
  /** Every notice so far, in the order seen. */
  readonly notices: PhoneNotice[] = [];
  readonly #options: PhoneOptions;
  readonly #headers: Record<string, string>;
  readonly #stopping = new AbortController();
  readonly #since = Math.floor(Date.now() / 1000);
  readonly #known = new Set<string>();
  readonly #waiting = new Set<() => void>();
  readonly #loops: Promise<unknown>;

  constructor(options: PhoneOptions) {
    this.#options = options;
    this.#headers = options.token ? { authorization: `Bearer ${options.token}` } : {};
    this.#loops = Promise.all([
      this.#forever(() => this.#read(''), 100),
      this.#forever(() => this.#read('&poll=1'), POLL_EVERY),
    ]);
  }

  /** Sends a text, and returns the id the server gave it. */
  async send(text: string, topic = this.#options.askTopic, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(`${this.#options.baseUrl}/${topic}`, {
      method: 'POST',
      headers: { ...this.#headers, ...headers },
      body: text,
      signal: AbortSignal.timeout(60_000),
    });
    if (!response.ok) throw new Error(`The server refused the text: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { id: string }).id;
  }

  /** Taps a button that sends a text back. The app sends what the button says and no login, as `curl` would. */
  async tap(notice: PhoneNotice, label: string): Promise<void> {
    const action = notice.actions.find((one) => one.label === label);
    if (action?.action !== 'http') throw new Error(`"${notice.title}" has no button "${label}".`);
    const response = await fetch(action.url, { method: 'POST', body: action.body ?? '' });
    if (!response.ok) throw new Error(`The button failed: ${response.status}`);
  }

  /** The first notice, past or coming, that fits; rejects after `within` ms, naming what came instead. */
  async notice(fits: (notice: PhoneNotice) => boolean, within = 60_000): Promise<PhoneNotice> {
    const deadline = Date.now() + within;
    for (;;) {
      const found = this.notices.find(fits);
      if (found) return found;
      const left = deadline - Date.now();
      if (left <= 0) break;
      await this.#news(left);
    }
    const got = this.notices.map(({ title, body }) => `\n- ${title} | ${body.slice(0, 120)}`).join('');
    throw new Error(`No such notice within ${within} ms. Got:${got || ' nothing'}`);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loops;
  }

  async #news(within: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, within);
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }

  async #forever(read: () => Promise<void>, pause: number): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await read().catch(() => {});
      await sleep(pause, undefined, { signal }).catch(() => {});
    }
  }

  async #read(query: string): Promise<void> {
    const { baseUrl, answerTopic } = this.#options;
    const url = `${baseUrl}/${answerTopic}/json?since=${this.#since}${query}`;
    const response = await fetch(url, { headers: this.#headers, signal: this.#stopping.signal });
    if (!response.ok) throw new Error(`${response.status}`);
    let rest = '';
    for await (const text of (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') this.#take(JSON.parse(line));
    }
  }

  #take(wire: Wire): void {
    if (wire.event !== 'message' || this.#known.has(wire.id)) return;
    this.#known.add(wire.id);
    const { id, title, message = '', priority = 3, tags = [], actions = [], click } = wire;
    // A message without a title is shown by its text.
    const words = title === undefined ? { title: message, body: '' } : { title, body: message };
    this.notices.push({ id, run: wire.sequence_id, ...words, priority, tags, actions, click, at: Date.now() });
    for (const wake of this.#waiting) wake();
  }
}
