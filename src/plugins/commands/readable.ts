import type { Clean } from '../../pipeline/services/clean.ts';
import type { JobView } from '../../pipeline/store/job-store.ts';
import { verdict } from '../slots.ts';
import type { Desk } from './desk.ts';

type Store = Pick<Desk['store'], 'get' | 'list'>;

/** Requests to be shown: what was asked is cleaned, so that it may be cut. */
export const readable = <S extends Store>(store: S, clean: Clean): S => ({
  ...store,
  get: async (id: string) => {
    const job = await store.get(id);
    return job && cleaned(job, clean);
  },
  list: async (...filter: Parameters<Store['list']>) => (await store.list(...filter)).map((job) => cleaned(job, clean)),
});

function cleaned(job: JobView, clean: Clean): JobView {
  const { message, slots } = job;
  const asked = verdict.schema.safeParse(slots.verdict).data;
  return {
    ...job,
    message: { ...message, text: clean(message.text) },
    slots: asked ? { ...slots, verdict: { ...asked, text: clean(asked.text) } } : slots,
  };
}
