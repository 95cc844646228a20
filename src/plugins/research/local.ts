import { acceptanceCriteria } from './criteria.ts';
import type { Finding, Question, Researcher } from './researcher.ts';
import { taskKind } from './task-kind.ts';

/** The `by` of what Milton worked out itself. */
export const LOCAL = 'local';

/** Works a brief out from the request and the repository alone: offline, at once, and the same every time. */
export const local: Researcher = {
  name: LOCAL,
  research: async (question) => briefOf(question),
};

function briefOf({ task, facts }: Question): Finding {
  const kind = taskKind(task);
  const stack = [...facts.languages, ...(facts.packageManager ? [facts.packageManager] : [])];
  const lines = [
    `Kind of task: ${kind}`,
    stack.length > 0 ? `Stack: ${stack.join(', ')}` : 'Stack: not recognised from the top-level files',
    ...Object.entries(facts.commands).map(([name, command]) => `${name}: ${command}`),
    ...(facts.guides.length > 0 ? [`Read first: ${facts.guides.join(', ')}`] : []),
    'Done when:',
    ...acceptanceCriteria(kind, facts).map((criterion) => `- ${criterion}`),
  ];
  return { by: LOCAL, text: lines.join('\n'), sources: [] };
}
