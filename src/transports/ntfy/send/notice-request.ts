import { cut } from '../../../pipeline/cut.ts';
import type { Notice, NoticeKind } from '../../../pipeline/message.ts';
import { sanitise } from '../../../pipeline/services/sanitise.ts';
import type { Address } from '../../../pipeline/transport.ts';
import { plainLine } from '../../plain-line.ts';
import type { NtfyOptions } from '../options.ts';
import type { Button } from './buttons.ts';
import { encodedWord, headerJson, headerValue } from './header-encoding.ts';
import { sequenceId } from './sequence-id.ts';
import { splitText } from './split-text.ts';
import { truncate } from './truncate.ts';

/** Marks what Milton wrote, so that it never takes its own words for a request. */
export const OWN_TAG = 'milton';

/** Below the 4,096 bytes at which the server makes a file of a text. */
const BODY_LIMIT = 4_000;
/** What is shown of a text that goes along as a file: some screens full, and in base64 well within a proxy's 8 KB for a header. */
const SUMMARY_LIMIT = 1_500;
const PLAINEST_LIMIT = 1_000;
const TITLE_LIMIT = 250;

/** On a phone 1 and 2 are silent, 3 sounds, 4 breaks through a focus. */
const PRIORITY: Readonly<Record<NoticeKind, number>> = { progress: 1, milestone: 2, reply: 2, final: 3, question: 4 };
const TAGS: Partial<Readonly<Record<NoticeKind, readonly string[]>>> = { question: ['raising_hand'] };
const SILENT = 2;

/** One request to ntfy: the body raw, all else in headers. `PUT` sends the body as a file. */
export interface NoticeRequest {
  readonly method: 'POST' | 'PUT';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A notice in the forms that ntfy may take it in. */
export class NoticeForms {
  readonly kind: NoticeKind;
  readonly #title: string;
  /** What there is to read: the body, or where there is none the title, whole. The server would write "triggered" there. */
  readonly #message: string;
  readonly #body: string;
  readonly #notice: Notice;
  readonly #address: Address;
  readonly #options: NtfyOptions;
  readonly #button: Button;

  constructor(notice: Notice, address: Address, options: NtfyOptions, button: Button) {
    this.kind = notice.kind ?? 'progress';
    const title = plainLine(notice.title);
    this.#title = cut(title, TITLE_LIMIT);
    this.#body = sanitise(notice.body ?? '').trim();
    this.#message = this.#body || title;
    this.#notice = notice;
    this.#address = address;
    this.#options = options;
    this.#button = button;
  }

  get text(): string {
    return this.#body;
  }

  /** Whether the text is too long for one message. */
  get long(): boolean {
    return Buffer.byteLength(this.#body) > BODY_LIMIT;
  }

  /** One message, cut where it is too long. */
  whole(): NoticeRequest {
    const title = this.#body === '' ? undefined : this.#title;
    const headers = { ...this.#headers(title), ...this.#buttons(), ...this.#sequence() };
    return { method: 'POST', headers, body: truncate(this.#message, BODY_LIMIT) };
  }

  /** The beginning as the message, the whole as its file. */
  file(): NoticeRequest {
    const bytes = Buffer.byteLength(this.#body).toLocaleString('en');
    // How long the server keeps a file it says only afterwards: three hours unless set otherwise.
    const mark = `\n… (${bytes} bytes: attached for some hours, kept on the machine)`;
    const summary = cut(withoutEscapes(this.#body), SUMMARY_LIMIT - Buffer.byteLength(mark)).trimEnd() + mark;
    return {
      method: 'PUT',
      headers: {
        ...this.#headers(this.#title),
        ...this.#buttons(),
        ...this.#sequence(),
        'x-filename': 'answer.md',
        'x-message': encodedWord(summary),
      },
      body: `${this.#title}\n\n${this.#body}\n`,
    };
  }

  /** At most so many numbered messages; the last one has the buttons and sounds, and takes the place of older notices of the run. */
  parts(most = this.#options.parts): readonly NoticeRequest[] {
    const pieces = splitText(this.#body, BODY_LIMIT, most);
    return pieces.map((body, index) => {
      const last = index === pieces.length - 1;
      const title = pieces.length === 1 ? this.#title : `(${index + 1}/${pieces.length}) ${this.#title}`;
      const headers = {
        ...this.#headers(title, last ? undefined : SILENT),
        ...(last && this.#buttons()),
        ...this.#sequence(last ? undefined : index + 1),
      };
      return { method: 'POST', headers, body };
    });
  }

  /** What no server can have a reason to refuse: what the buttons would send is written out. */
  plainest(): NoticeRequest {
    const title = this.#title
      .normalize('NFKD')
      .replace(/[^\x20-\x7e]+/g, '')
      .replaceAll('=?', '')
      .trim();
    const offers = (this.#notice.actions ?? []).map((action) =>
      plainLine('url' in action ? `${action.label}: ${action.url}` : `${action.label}: send ${action.reply}`),
    );
    const below = cut(['', ...offers].join('\n'), PLAINEST_LIMIT / 2);
    const body = truncate(this.#message, PLAINEST_LIMIT - Buffer.byteLength(below)) + below;
    const headers = { 'x-title': title || 'Milton', 'x-priority': this.#priority(), 'x-tags': OWN_TAG };
    return { method: 'POST', headers, body };
  }

  #headers(title: string | undefined, priority?: number): Record<string, string> {
    const { tags = TAGS[this.kind] ?? [], click } = this.#notice;
    return {
      ...(title !== undefined && { 'x-title': headerValue(title) }),
      'x-priority': priority === undefined ? this.#priority() : String(priority),
      'x-tags': headerValue([...tags, OWN_TAG].map((tag) => tag.replaceAll(',', ' ')).join(',')),
      ...(click !== undefined && { 'x-click': headerValue(click) }),
    };
  }

  #priority(): string {
    return String(this.#notice.priority ?? PRIORITY[this.kind]);
  }

  #buttons(): Record<string, string> {
    const actions = (this.#notice.actions ?? []).slice(0, 3).map((action) => this.#button(action));
    return actions.length === 0 ? {} : { 'x-actions': headerJson(actions) };
  }

  #sequence(part?: number): Record<string, string> {
    const id = sequenceId(this.kind, this.#address, part);
    return id === undefined ? {} : { 'x-sequence-id': id };
  }
}

/** The server makes a line end of each `\\n` in a header, also where it stands in code; nobody sees what is between the two here. */
const withoutEscapes = (text: string) => text.replaceAll('\\n', '\\\u200bn');
