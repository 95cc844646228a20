import { acceptanceCriteria, checksOf } from '../../optimizer/criteria.ts';
import { taskKind } from '../../optimizer/task-kind.ts';
import { defineResearcher, type Finding, LOCAL, type Question } from '../researcher.ts';

/** Works a brief out from the request and the repository alone: offline, at once, and the same every time. */
export const local = defineResearcher({
  name: LOCAL,
  create: ({ name }) => ({ name, offline: true, research: async (question) => briefOf(question) }),
});

function briefOf({ task, facts }: Question): Finding {
  const kind = taskKind(task);
  const stack = [...facts.languages, ...(facts.packageManager ? [facts.packageManager] : []), ...facts.frameworks];
  const checks = checksOf(facts);
  const lines = [
    `Kind of task: ${kind}`,
    stack.length > 0 ? `Stack: ${stack.join(', ')}` : 'Stack: not recognised from the top-level files',
    ...(facts.layout.length > 0 ? [`Folders: ${facts.layout.join(', ')}`] : []),
    ...(facts.guides.length > 0 ? [`Read first: ${facts.guides.join(', ')}`] : []),
    ...(checks.length > 0 ? [`Checks: ${checks.join(', ')}`] : []),
    'Done when:',
    ...acceptanceCriteria(kind, facts, task.text).map((criterion) => `- ${criterion}`),
  ];
  return { by: LOCAL, text: lines.join('\n'), sources: [] };
}
