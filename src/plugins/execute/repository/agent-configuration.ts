import { hash, randomUUID } from 'node:crypto';
import { lstat, readdir, readFile, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { z } from 'zod';
import type { JobStore, Question } from '../../../pipeline/store/job-store.ts';

/**
 * Where a repository tells agents what to run and what they may: hooks, MCP servers, permissions. What it tells them in words (CLAUDE.md,
 * AGENTS.md) is not among it.
 */
const PLACES = ['.mcp.json', '.claude', '.codex', '.gemini', '.opencode', 'opencode.json'];
/** So many files and folders are looked at; where there are more, they are as good as changed. */
const MOST_FILES = 2_000;
/** So many states of a repository are remembered as approved: branches differ. */
const REMEMBERED = 50;
const NAMED = 8;
const HALF_A_DAY = 12 * 3_600_000;

/** The files of an agent configuration, each with what it holds as a hash. */
type Files = Readonly<Record<string, string>>;

/** What is known of a repository: the states somebody has agreed to, and the files of the last one. */
const known = z.object({ states: z.array(z.string()), files: z.record(z.string(), z.string()) });

/** An agent configuration that nobody at this machine has agreed to. */
export interface Unapproved {
  readonly state: string;
  readonly files: Files;
  /** Those that are not as they were. */
  readonly changed: readonly string[];
}

type Store = Pick<JobStore, 'recall' | 'remember'>;

/**
 * Looks at the agent configuration in a folder before an agent works there. The first one of a repository is agreed to, since somebody at
 * this machine has named that repository; one that has changed since needs their word.
 */
export async function unapproved(folder: string, repository: string, store: Store): Promise<Unapproved | undefined> {
  const files = await filesIn(folder);
  const state = hash('sha256', JSON.stringify(Object.entries(files).sort()));
  const before = await recall(store, repository);
  if (before === undefined) await approve({ state, files }, repository, store);
  if (before === undefined || Object.keys(files).length === 0 || before.states.includes(state)) return undefined;
  return { state, files, changed: changed(before.files, files) };
}

/** Remembers that somebody has agreed to it. */
export async function approve(
  { state, files }: Omit<Unapproved, 'changed'>,
  repository: string,
  store: Store,
): Promise<void> {
  const states = (await recall(store, repository))?.states ?? [];
  const kept = [state, ...states.filter((each) => each !== state)].slice(0, REMEMBERED);
  await store.remember(keyOf(repository), { files, states: kept });
}

const keyOf = (repository: string) => `agent-configuration:${repository}`;
const recall = async (store: Store, repository: string) => known.safeParse(await store.recall(keyOf(repository))).data;

/** What somebody at the machine is asked. */
export function questionAbout(repository: string, paths: readonly string[]): Question {
  const names = paths.slice(0, NAMED).join(', ');
  const more = paths.length > NAMED ? ` and ${paths.length - NAMED} more` : '';
  return {
    title: `The agent configuration of ${repository} has changed`,
    body: `It may start programs of its own: ${names}${more}. Look at it before you approve.`,
    choices: ['Approve', 'Deny'],
    timeout: HALF_A_DAY,
    onTimeout: 'Deny',
    where: 'machine',
  };
}

const changed = (before: Files, now: Files): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])].filter((path) => before[path] !== now[path]).sort();

async function filesIn(folder: string): Promise<Files> {
  const root = await realpath(folder);
  const files = new Map<string, string>();
  const seen = new Set<string>();
  const look = async (path: string): Promise<void> => {
    if (seen.has(path) || seen.size > MOST_FILES) return;
    const full = join(root, path);
    const found = await lstat(full).catch(() => undefined);
    if (!found) return;
    seen.add(path);
    if (found.isDirectory()) {
      for (const name of (await readdir(full)).sort()) await look(join(path, name));
    } else if (found.isSymbolicLink()) {
      const target = await targetOf(full, root);
      files.set(path, target === undefined ? randomUUID() : hash('sha256', `-> ${target}`));
      if (target !== undefined) await look(target);
    } else {
      files.set(path, hash('sha256', found.isFile() ? await readFile(full) : 'no file'));
    }
  };
  for (const place of PLACES) await look(place);
  if (seen.size > MOST_FILES) files.set('more than can be looked at', randomUUID());
  return Object.fromEntries(files);
}

/**
 * Where a link leads within the folder. One that leads out of it or nowhere is not followed: what is behind it may change unseen, so it is
 * as good as changed each time.
 */
async function targetOf(link: string, root: string): Promise<string | undefined> {
  const target = await realpath(link).catch(() => undefined);
  const path = target === undefined ? '..' : relative(root, target);
  return path === '..' || path.startsWith(`..${sep}`) || isAbsolute(path) ? undefined : path;
}
