import type { Notice, NoticeAction, NoticeKind } from '../../pipeline/message.ts';
import { sanitise } from '../../pipeline/services/sanitise.ts';
import type { Address } from '../../pipeline/transport.ts';
import { plainLine } from '../plain-line.ts';
import { serverUrl } from './api.ts';
import { headerJson, headerValue } from './header-encoding.ts';
import type { NtfyOptions } from './options.ts';
import { cut, truncate } from './truncate.ts';

/** Marks what Milton wrote, so that it never takes its own words for a request. */
export const OWN_TAG = 'milton';

/** Below the 4,096 bytes at which the server makes a file of a text. */
const BODY_LIMIT = 4_000;
const TITLE_LIMIT = 250;
const LABEL_LIMIT = 60;
const SEQUENCE_ID = /^[-_A-Za-z0-9]{1,64}$/;

/** On a phone 1 and 2 are silent, 3 sounds, 4 breaks through a focus. */
const PRIORITY: Readonly<Record<NoticeKind, number>> = { progress: 1, milestone: 2, reply: 2, final: 3, question: 4 };
const TAGS: Partial<Readonly<Record<NoticeKind, readonly string[]>>> = { question: ['raising_hand'] };

/** A notice as ntfy takes it: the body raw, all else in headers. */
export interface NoticeRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Puts a notice into ntfy's form. */
export function noticeRequest(notice: Notice, address: Address, options: NtfyOptions): NoticeRequest {
  const kind = notice.kind ?? 'progress';
  const title = cut(plainLine(notice.title), TITLE_LIMIT);
  const body = sanitise(notice.body ?? '').trim();
  const actions = (notice.actions ?? []).slice(0, 3).map((action) => actionJson(action, options));
  const tags = [...(notice.tags ?? TAGS[kind] ?? []), OWN_TAG].map((tag) => tag.replaceAll(',', ' '));
  const headers = {
    // A notice without a body is its title: the server would write "triggered" there.
    ...(body !== '' && { 'x-title': headerValue(title) }),
    'x-priority': String(notice.priority ?? PRIORITY[kind]),
    'x-tags': headerValue(tags.join(',')),
    ...(notice.click !== undefined && { 'x-click': headerValue(notice.click) }),
    ...(actions.length > 0 && { 'x-actions': headerJson(actions) }),
    // Where it is understood (Android, web), a newer notice of a run takes the place of the older one.
    ...(SEQUENCE_ID.test(address.run) && { 'x-sequence-id': address.run }),
  };
  return { headers, body: truncate(body || title, BODY_LIMIT) };
}

function actionJson(action: NoticeAction, { baseUrl, askTopic }: NtfyOptions): object {
  const label = cut(plainLine(action.label), LABEL_LIMIT);
  if ('url' in action) return { action: 'view', label, url: action.url };
  // Everybody who reads the topic reads its buttons: they carry no credential.
  return {
    action: 'http',
    label,
    url: `${serverUrl(baseUrl)}/${askTopic}`,
    method: 'POST',
    body: action.reply,
    clear: true,
  };
}
