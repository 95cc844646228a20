import { isObservable, map, mergeMap, type ObservableInput, share } from 'rxjs';
import { exposureOf } from '../../pipeline/exposure.ts';
import type { Delivery, Message } from '../../pipeline/message.ts';
import { defineTransport } from '../../pipeline/part.ts';
import { isOverheard } from '../../pipeline/privacy/overheard.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Keys } from '../../pipeline/services/keys/keys.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Fetch } from '../../pipeline/services.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import type { Transport } from '../../pipeline/transport.ts';
import { HealthState } from '../health.ts';
import { Announcer } from './announcer.ts';
import { checkOptions, exposesCredentials } from './check-options.ts';
import { canaryPublisher } from './hearing/publish-canary.ts';
import { inbox } from './listen/inbox.ts';
import { ntfyOptions } from './options.ts';
import { CursorKeeper } from './position/cursor-keeper.ts';
import { Position } from './position/position.ts';
import { messageReader, type Reading } from './read/read-message.ts';
import { buttonMaker } from './send/buttons.ts';
import { publisher } from './send/publisher.ts';
import { submitText } from './send/submit-text.ts';
import { Allowance } from './server/allowance.ts';
import { ntfyApi } from './server/api.ts';
import type { NtfyEvent } from './server/events.ts';
import { KeptBudget } from './server/kept-budget.ts';
import { streams } from './server/open-stream.ts';
import { strangersAt } from './server/strangers.ts';

/**
 * The phone, through an ntfy server: listens to the ask topic, answers on the answer topic.
 * @example defineConfig({ transports: [ntfy({ baseUrl: 'https://ntfy.example.com' })], … })
 */
export const ntfy = defineTransport({
  name: 'ntfy',
  options: ntfyOptions,
  create({ name, options, logger, get, onClose }): Transport {
    checkOptions(options);
    if (exposesCredentials(options)) {
      logger.warn('The ntfy credentials cross the network unencrypted: NTFY_BASE_URL begins with http://.');
    }
    const now = () => get(Clock).now();
    const health = new HealthState(now);
    const allowance = new Allowance(options, now);
    const budget = new KeptBudget(allowance, () => get(JobStore), `budget:${name}`, logger);
    const announcer = new Announcer(() => get(JobStore), name, logger);
    const announce = announcer.say.bind(announcer);
    const api = ntfyApi(get(Fetch), options, allowance);
    const strangers = strangersAt({ fetch: get(Fetch), options, meter: allowance, now });
    const position = new Position(options, now);
    const keeper = new CursorKeeper(position, () => get(JobStore), `cursor:${name}`, logger);
    onClose(() => Promise.all([keeper.flush(), budget.flush()]).then(() => {}));

    const settle = (id: string) => {
      position.cursor.settle(id);
      keeper.changed();
    };
    // The server says when a file expires, by its own clock.
    const serverNow = () => (position.clock.now ?? now() / 1000) * 1000;
    const clean = cleaner(get(Redact));
    const read = messageReader({
      fetch: get(Fetch),
      options,
      meter: allowance,
      clean,
      announce,
      logger,
      now: serverNow,
    });
    const idOf = (id: string) => `${name}:${id}`;
    const delivery = ({ id, topic, time }: NtfyEvent, { text, unread }: Reading): Delivery => {
      const at = new Date(time * 1000).toISOString();
      const message: { -readonly [Field in keyof Message]: Message[Field] } = {
        id: idOf(id),
        transport: name,
        text,
        at,
        late: position.lateness(time),
      };
      // Spreading what is absent would take as long as all the rest.
      if (topic !== undefined) message.topic = topic;
      if (unread) message.unread = unread;
      return { message, settle: () => settle(id) };
    };
    const deliver = (event: NtfyEvent): ObservableInput<Delivery> => {
      const reading = read(event);
      return isObservable(reading) ? reading.pipe(map((late) => delivery(event, late))) : [delivery(event, reading)];
    };
    const buttons = buttonMaker({ options, keys: () => get(Keys).current(), strangers, now });
    const open = {
      exposure: exposureOf(options.baseUrl),
      ...(strangers ? { strangers } : {}),
      ...(options.privacy === undefined ? {} : { privacy: options.privacy }),
    };
    const overheard = () => isOverheard(open);
    const send = publisher({ api, overheard, buttons, options, allowance, budget, announce, now, logger });

    const listening$ = inbox({
      openStream: streams(options, allowance),
      options,
      position,
      keeper,
      health,
      announcer,
      logger,
      now,
      say: canaryPublisher({ api, allowance, budget }),
    });

    return {
      name,
      ...open,
      health$: health.health$,
      // At most one connection, since each takes one of the server's few places for an address.
      messages$: listening$.pipe(mergeMap(deliver), share()),
      send,
      submit: async (text, signal) => idOf(await submitText(api, text, options, signal)),
    };
  },
});
