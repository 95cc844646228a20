import type { Commands } from './facts/facts.ts';
import { openFolder } from './facts/folder.ts';
import { go } from './facts/go.ts';
import { jvm } from './facts/jvm.ts';
import { make } from './facts/make.ts';
import { node } from './facts/node.ts';
import { python } from './facts/python.ts';
import { rust } from './facts/rust.ts';

const MAX_PACKAGES = 40;
const READERS = [node, python, rust, go, jvm, make];
const GUIDES = ['CLAUDE.md', 'AGENTS.md', 'CONTRIBUTING.md'];

/** What a repository's own top-level files tell, read without running anything. */
export interface RepositoryFacts {
  readonly languages: readonly string[];
  readonly packageManager: string | undefined;
  readonly commands: Commands;
  /** Files that tell an agent how to work here. */
  readonly guides: readonly string[];
  /** Public packages with their versions, at most 40. */
  readonly packages: readonly string[];
}

/** Reads the facts of the repository at this path. Never rejects: what cannot be read is not known. */
export async function readRepositoryFacts(path: string): Promise<RepositoryFacts> {
  const folder = await openFolder(path);
  const found = (await Promise.all(READERS.map((read) => read(folder)))).filter((facts) => facts !== undefined);
  return {
    languages: found.flatMap(({ languages }) => languages),
    packageManager: found.find(({ packageManager }) => packageManager)?.packageManager,
    // The first reader that knows a command wins.
    commands: Object.assign({}, ...found.map(({ commands }) => commands).reverse()),
    guides: GUIDES.filter((name) => folder.names.has(name)),
    packages: found.flatMap(({ packages }) => packages).slice(0, MAX_PACKAGES),
  };
}
