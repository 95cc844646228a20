import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { factsReader, type RepositoryFacts } from '../../../src/plugins/optimizer/repository-facts.ts';
import { fakeHost } from '../../support/fake-run.ts';
import { type Layout, writeLayout } from './layout.ts';

/** A repository with these files, and some of its facts. */
export type Case = readonly [name: string, files: Layout['files'], facts: Partial<RepositoryFacts>];

/** What is read where nothing is known. */
export const NOTHING: RepositoryFacts = {
  ...{ languages: [], packageManager: undefined, frameworks: [], commands: {} },
  ...{ guides: [], layout: [], commits: [], packages: [] },
};

/** Reads the facts of a folder. */
export const readFacts = factsReader(fakeHost(undefined, {}, {}).get);

/** The facts of a folder with these files, which is gone afterwards; `more` adds what is no plain file. */
export async function factsOf(files: Layout['files'], more: (folder: string) => void = () => {}) {
  const folder = mkdtempSync(join(tmpdir(), 'milton-facts-'));
  try {
    writeLayout(folder, { files, facts: {} });
    more(folder);
    return await readFacts(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
