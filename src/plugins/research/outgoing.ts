import type { Clean } from '../../pipeline/services/clean.ts';
import type { Question } from './researcher.ts';

/** Folders of this machine; a route such as /api/login is part of the request and stays. */
const LOCAL_PATHS =
  /(?<![\w.:/])(?:~|\/(?:home|Users|root|var|etc|tmp|opt|mnt|srv|private|Volumes)(?=\/)|[A-Za-z]:\\)[^\s"'`,;)]+/g;

/**
 * All that leaves this machine for research: the request, and the names and versions of public packages. Secrets and paths of
 * this machine are taken out; source code is never read.
 */
export function outgoing({ task, facts }: Question, clean: Clean): string {
  const text = clean(task.text).replace(LOCAL_PATHS, '[path]');
  const stack = [...facts.languages, ...facts.packages];
  return stack.length === 0 ? text : `${text}\n\nThe project uses: ${clean(stack.join(', '))}.`;
}
