import type { RepositoryFacts } from '../../src/plugins/optimizer/repository-facts.ts';
import type { Question, ResearchContext } from '../../src/plugins/research/researcher.ts';

export const FACTS: RepositoryFacts = {
  languages: ['TypeScript'],
  packageManager: 'npm',
  frameworks: ['React 19.1.0'],
  commands: { test: 'npm test', lint: 'npm run lint' },
  guides: ['CLAUDE.md'],
  layout: ['src/', 'test/'],
  commits: ['Add the login page'],
  packages: ['react 19.1.0'],
};

/** A question as `research` asks it. */
export const question = (text = 'add a login', kind: 'CODE' | 'RESEARCH' = 'CODE'): Question => ({
  task: { kind, text, repository: 'app', agent: 'claude' },
  facts: FACTS,
  outgoing: `${text}\n\nThe project uses: TypeScript, react 19.1.0.`,
});

/** Somebody who waits for an answer as long as it takes. */
export const waiting = (signal: AbortSignal = new AbortController().signal): ResearchContext => ({
  signal,
  searching: () => {},
});
