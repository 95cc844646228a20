import { cut } from '../../../pipeline/cut.ts';
import type { NoticeAction } from '../../../pipeline/message.ts';
import type { KeySet } from '../../../pipeline/services/keys/keys.ts';
import { proveReply } from '../../../pipeline/services/keys/reply-proof.ts';
import type { Strangers } from '../../../pipeline/transport.ts';
import { plainLine } from '../../plain-line.ts';
import type { NtfyOptions } from '../options.ts';
import { serverUrl } from '../server/api.ts';

const LABEL_LIMIT = 60;
/** How long a server may take to say what strangers may: a button that they could use stays with the notice. In ms. */
const PATIENCE = 10_000;
/** How long a button counts whose notice does not say so, in ms: as long as a message that waits at the server. */
const COUNTS = 12 * 3_600_000;

/** How a button is written into a message, by the server's own words. */
export type Button = (action: NoticeAction) => object;

interface Parts {
  readonly options: Pick<NtfyOptions, 'baseUrl' | 'askTopic' | 'shortcut'>;
  /** Asked for each notice. */
  readonly keys: () => KeySet;
  /** Absent where there are none. */
  readonly strangers: Strangers | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Makes what writes the buttons of a notice. A tap on a reply is a request that anybody could make who has read the notice. So it bears a
 * proof only where strangers cannot read it, or it does no harm; any other reply goes through the Shortcut, which signs it, and so does every
 * one where the server refuses a tap, since a tap carries no login. What the Shortcut is handed over bears a proof as well: it signs what any
 * notice hands over, a forged one too.
 */
export function buttonMaker({
  options,
  keys,
  strangers,
  now,
}: Parts): (actions: readonly NoticeAction[]) => Promise<Button> {
  return async (actions) => {
    if (!strangers || actions.every((action) => 'url' in action))
      return (action) => written(action, options, undefined);
    const [mayRead, mayWrite] = await Promise.all([strangers.mayRead(PATIENCE), strangers.mayWrite(PATIENCE)]);
    const [key] = keys().replies ?? [];
    return (action) => {
      if ('url' in action) return written(action, options, undefined);
      const { label, reply, harmless = false, until = now() + COUNTS } = action;
      if (key === undefined) return written(action, options, undefined);
      const signs = mayWrite === false || (mayRead !== false && !harmless);
      if (!signs) return written(action, options, proveReply(reply, until, key));
      const url = shortcutUrl(options.shortcut, proveReply(reply, until, key, 'link'));
      return written({ label, url }, options, undefined);
    };
  };
}

/** Has the phone run the Shortcut with a text. */
const shortcutUrl = (name: string, text: string) =>
  `shortcuts://run-shortcut?name=${encodeURIComponent(name)}&input=text&text=${encodeURIComponent(text)}`;

function written(action: NoticeAction, { baseUrl, askTopic }: Parts['options'], proven: string | undefined): object {
  const label = cut(plainLine(action.label), LABEL_LIMIT);
  if ('url' in action) return { action: 'view', label, url: action.url };
  const url = `${serverUrl(baseUrl)}/${askTopic}`;
  return { action: 'http', label, url, method: 'POST', body: proven ?? action.reply, clear: true };
}
