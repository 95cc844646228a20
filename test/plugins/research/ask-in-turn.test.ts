import { expect, it } from 'vitest';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { askInTurn } from '../../../src/plugins/research/ask-in-turn.ts';
import { FindingCache } from '../../../src/plugins/research/cache.ts';
import type { Researcher } from '../../../src/plugins/research/researcher.ts';
import { ServiceError } from '../../../src/plugins/research/responses-api/service-error.ts';
import { question, waiting } from '../../support/research.ts';

const last: Researcher = {
  name: 'local',
  offline: true,
  research: async () => ({ by: 'local', text: 'what is known here', sources: [] }),
};

const asking = (researchers: readonly Researcher[], within: number) => ({
  ...{ researchers, within, clean: (text: string) => text },
  cache: new FindingCache({ store: memoryStore(), clock: { now: Date.now }, clean: (text) => text }),
  afresh: false,
  spent: async () => undefined,
  used: async () => {},
});

/** One that never answers; `reasons` gets its name when it is stopped. */
const silent = (name: string, reasons: unknown[] = []): Researcher => ({
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
const prompt: Researcher = {
  name: 'prompt',
  research: async () => ({ by: 'prompt', text: 'at once', sources: [] }),
};

it('ends the waiting for all of them together when the time is up, and works it out here', async () => {
  const reasons: unknown[] = [];
  const began = performance.now();
  const found = await askInTurn(
    question(),
    waiting(),
    asking([silent('one', reasons), silent('two', reasons), last], 100),
  );
  expect(found).toMatchObject({ by: last, fallback: 'one gave no answer in time.' });
  expect(reasons).toEqual(['one', 'two']);
  expect(performance.now() - began).toBeGreaterThan(90);
});

it('leaves time for the next one where the first is silent', async () => {
  const found = await askInTurn(question(), waiting(), asking([silent('one'), prompt, last], 1_000));
  expect(found).toMatchObject({ by: prompt, fallback: 'one gave no answer in time.' });
});

it('does not wait for one that does not heed its signal', async () => {
  const deaf: Researcher = { name: 'deaf', research: () => new Promise(() => {}) };
  expect(await askInTurn(question(), waiting(), asking([deaf, last], 50))).toMatchObject({ by: last });
});

it('tells a reason in one line, and names whoever broke', async () => {
  const broken: Researcher = {
    name: 'broken',
    research: async () => {
      throw new Error(`a\nb ${'x'.repeat(100_000)}`);
    },
  };
  const { fallback } = await askInTurn(question(), waiting(), asking([broken, last], 1000));
  expect(fallback).toMatch(/^broken failed: a b x+…$/);
  expect(fallback!.length).toBe(300);
});

it('books what an answer has cost that is of no use', async () => {
  const booked: unknown[] = [];
  const failing: Researcher = {
    name: 'failing',
    research: () => Promise.reject(new ServiceError('It failed.', { used: { costUsd: 1, tokens: 10 } })),
  };
  const parts = { ...asking([failing, last], 1000), used: async (spent: unknown) => void booked.push(spent) };
  await askInTurn(question(), waiting(), parts);
  expect(booked).toEqual([{ costUsd: 1, tokens: 10 }]);
});

it('names what somebody has to mend, also of the second one', async () => {
  const answering = (name: string, status: number): Researcher => ({
    name,
    research: () => Promise.reject(new ServiceError(`It answered ${status}.`, { status })),
  });
  const { lasting } = await askInTurn(
    question(),
    waiting(),
    asking([answering('a', 429), answering('b', 401), last], 1000),
  );
  expect(lasting).toEqual(['b 401']);
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
