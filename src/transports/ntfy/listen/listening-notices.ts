import type { KeyedNotice } from '../../../pipeline/store/job-store.ts';
import type { NtfyOptions } from '../options.ts';
import type { Gap } from '../position/presence.ts';

const readable = (seconds: number) =>
  // Made when it is needed: it takes 8 MB.
  new Date(seconds * 1000).toLocaleString('en-GB', {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });

/** That Milton was away for longer than the server keeps messages. */
export function awayNotice({ from, to }: Gap, cacheDuration: number): KeyedNotice {
  const hours = cacheDuration / 3600;
  const kept = hours >= 1 ? `${Math.round(hours * 10) / 10} h` : `${Math.round(cacheDuration / 60)} min`;
  const body =
    `Not listening from ${readable(from)} to ${readable(to)}. The server keeps messages for ${kept}: ` +
    `what was sent before ${readable(to - cacheDuration)} may be lost. Send it again if you got no answer.`;
  return { key: `gap-${from}`, notice: { title: '💤 Milton was away', body, kind: 'final', priority: 3 } };
}

/** That Milton is connected and yet hears nothing; `since` in ms since the epoch. */
export function deafNotice(since: number, { askTopic, reconcileInterval }: NtfyOptions): KeyedNotice {
  const minutes = Math.max(1, Math.round(reconcileInterval / 60_000));
  const body =
    `Since ${readable(since / 1000)} the server does not pass on what is sent to ${askTopic}. ` +
    `Milton looks for new messages every ${minutes} min instead, and keeps trying.`;
  return { key: `deaf-${since}`, notice: { title: '🙉 Milton does not hear you', body, kind: 'final', priority: 4 } };
}

/** That the server does not let Milton read its inbox; `since` in ms since the epoch. */
export function refusedNotice(since: number, { askTopic }: NtfyOptions): KeyedNotice {
  const body =
    `Since ${readable(since / 1000)} the server refuses to let Milton read ${askTopic} (403), so nothing you send arrives. ` +
    'Give its user the right to read that topic, or correct NTFY_TOKEN. Milton keeps trying.';
  return { key: `refused-${since}`, notice: { title: '🔒 Milton may not listen', body, kind: 'final', priority: 4 } };
}
