import { afterEach, describe, expect, it, vi } from 'vitest';
import { MiltonError } from '../pipeline/errors.ts';
import type { Question, Researcher } from '../plugins/research/researcher.ts';

/** What the researcher's outside does when it is asked: answers, refuses, breaks off in the middle, or never ends. */
export type ResearcherAct = 'answer' | 'refuse' | 'break off' | 'hang';

/** One researcher with the outside it asks. */
export interface ResearcherFixture {
  readonly researcher: Researcher;
  /** All that has reached the outside so far, as one text. */
  sent(): string;
  /** How many requests to the outside are open. */
  open(): number;
  close?(): void | Promise<void>;
}

/** A request, and facts of a repository with what must stay on the machine. */
const QUESTION: Question = {
  task: { kind: 'CODE', text: 'the request as it was typed', repository: 'app', agent: 'claude' },
  facts: {
    languages: ['TypeScript'],
    packageManager: 'npm',
    frameworks: ['React 19.1.0'],
    commands: { test: 'npm run private-test' },
    guides: ['PRIVATE-GUIDE.md'],
    layout: ['private-folder/'],
    commits: ['A private commit'],
    packages: ['react 19.1.0'],
  },
  outgoing: 'the request as it may leave, and react 19.1.0',
};

const WAIT = { timeout: 10_000, interval: 10 };

/**
 * The tests that every researcher must pass. One that works offline is only asked to answer.
 * @example describeResearcher('wiki', (act) => openWiki(act));
 */
export function describeResearcher(
  name: string,
  open: (act: ResearcherAct) => ResearcherFixture | Promise<ResearcherFixture>,
): void {
  describe(`the researcher ${name}`, () => {
    const opened: ResearcherFixture[] = [];
    const start = async (act: ResearcherAct) => {
      const fixture = await open(act);
      opened.push(fixture);
      return fixture;
    };
    const context = (signal = new AbortController().signal) => ({ signal, searching: () => {} });

    afterEach(async () => {
      for (const fixture of opened.splice(0)) await fixture.close?.();
    });

    it('answers with a text, says who wrote it, and numbers its sources', async () => {
      const { researcher, open: count } = await start('answer');
      const found = await researcher.research(QUESTION, context());
      expect(found.text.trim()).not.toBe('');
      expect(found.by.trim()).not.toBe('');
      const numbers = found.sources.map(({ n }) => n);
      expect(new Set(numbers).size).toBe(numbers.length);
      for (const { n, url } of found.sources) {
        expect(n).toMatch(/^\w{1,10}$/);
        expect(URL.canParse(url)).toBe(true);
      }
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
      await vi.waitFor(() => expect(count()).toBe(0), WAIT);
    });

    it('T21: sends nothing but what may leave the machine', async () => {
      const { researcher, sent } = await start('answer');
      await researcher.research(QUESTION, context());
      expect(sent()).not.toMatch(/as it was typed|private/i);
      if (!researcher.offline) expect(sent()).toContain('as it may leave');
    });

    it('answers two at once', async () => {
      const { researcher } = await start('answer');
      const both = [researcher.research(QUESTION, context()), researcher.research(QUESTION, context())];
      const [one, other] = await Promise.all(both);
      expect(one).toEqual(other);
    });

    it.each(['refuse', 'break off'] as const)('says why there is nothing where the others %s', async (act) => {
      const { researcher, open: count } = await start(act);
      if (researcher.offline) return;
      const error = await researcher.research(QUESTION, context()).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(MiltonError);
      expect((error as MiltonError).message).toMatch(/\S.*[.!?]$/);
      await vi.waitFor(() => expect(count()).toBe(0), WAIT);
    });

    it('ends at once when nobody waits any more, and leaves nothing open', async () => {
      const { researcher, open: count } = await start('hang');
      if (researcher.offline) return;
      const stop = new AbortController();
      const reason = new Error('cancelled');
      const asked = researcher.research(QUESTION, context(stop.signal));
      asked.catch(() => {});
      await vi.waitFor(() => expect(count()).toBe(1), WAIT);
      stop.abort(reason);
      await expect(asked).rejects.toBe(reason);
      await vi.waitFor(() => expect(count()).toBe(0), WAIT);
    });

    it('asks nobody when nobody waits from the beginning', async () => {
      const { researcher, sent } = await start('answer');
      if (researcher.offline) return;
      const reason = new Error('over');
      await expect(researcher.research(QUESTION, context(AbortSignal.abort(reason)))).rejects.toBe(reason);
      expect(sent()).toBe('');
    });

    it('says of itself what can be relied on', async () => {
      const { researcher } = await start('answer');
      expect(researcher.name).toMatch(/\S/);
      if (researcher.unusable !== undefined) expect(researcher.unusable).toMatch(/[.!?]$/);
      if (researcher.remark !== undefined) expect(researcher.remark).toMatch(/[.!?]$/);
    });
  });
}
