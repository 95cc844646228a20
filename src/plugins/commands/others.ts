import type { JobFilter } from '../../pipeline/store/job-store.ts';
import type { Desk } from './desk.ts';

/** All requests but one. */
export const others = (store: Desk['store'], own: string): Desk['store'] => ({
  get: async (id) => (id === own ? undefined : store.get(id)),
  results: (id) => store.results(id),
  questions: (id) => store.questions(id),
  async list({ limit, ...filter }: JobFilter = {}) {
    const found = await store.list(limit === undefined ? filter : { ...filter, limit: limit + 1 });
    return found.filter(({ id }) => id !== own).slice(0, limit);
  },
});
