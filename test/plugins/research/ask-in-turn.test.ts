import { expect, it } from 'vitest';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { askInTurn } from '../../../src/plugins/research/ask-in-turn.ts';
import { FindingCache } from '../../../src/plugins/research/cache.ts';
import type { Researcher } from '../../../src/plugins/research/researcher.ts';
import { question, waiting } from '../../support/research.ts';

const last: Researcher = {
  name: 'local',
  offline: true,
  research: async () => ({ by: 'local', text: 'what is known here', sources: [] }),
};

const asking = (researchers: readonly Researcher[], within: number) => ({
  ...{ researchers, within, clean: (text: string) => text },
  cache: new FindingCache(memoryStore(), { now: Date.now }),
  spent: async () => undefined,
  used: async () => {},
});

it('ends the waiting for all of them together when the time is up, and works it out here', async () => {
  const reasons: unknown[] = [];
  const silent = (name: string): Researcher => ({
    name,
    research: (_question, { signal }) =>
      new Promise((_, reject) => {
        const end = () => {
          reasons.push(name);
          reject(signal.reason);
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      }),
  });
  const found = await askInTurn(question(), waiting(), asking([silent('one'), silent('two'), last], 50));
  expect(found).toMatchObject({ by: last, fallback: 'one gave no answer within 0.05 s.' });
  expect(reasons).toEqual(['one']);
});

it('rejects with the reason of whoever stops it, and asks nobody else', async () => {
  const stop = new AbortController();
  const reason = new Error('cancelled');
  const stopping: Researcher = {
    name: 'one',
    async research(_question, { signal }) {
      stop.abort(reason);
      signal.throwIfAborted();
      throw new Error('not reached');
    },
  };
  await expect(askInTurn(question(), waiting(stop.signal), asking([stopping, last], 1000))).rejects.toBe(reason);
});
