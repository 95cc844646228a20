import type { Answers, Sending } from './answers.ts';

const STEPS = [
  'approve',
  'authorise',
  'classify',
  'commands',
  'dedupe',
  'defineConfig',
  'env',
  'execute',
  'late',
  'limits',
  'ntfy',
  'promptBuild',
  'publish',
  'queue',
  'research',
  'sqlite',
  'summarise',
];

const AUTHORISE: Readonly<Record<Sending, string>> = {
  shortcut: 'authorise(),',
  codes: "authorise({ mode: 'totp' }),",
  acl: "authorise({ mode: 'acl' }),",
};

/** What `milton.config.ts` says of these answers; secrets and places are in the `.env` beside it. */
export function configText({
  repository,
  agents,
  sending,
}: Pick<Answers, 'repository' | 'agents' | 'sending'>): string {
  const { name: repositoryName, test } = repository;
  const names = [...STEPS, ...agents].sort();
  return `// What Milton does with a message, step by step. Topics, server, keys and the repository's path are in the .env beside this file.
// After a change: milton check, then start Milton again.
import {
${names.map((name) => `  ${name},`).join('\n')}
} from 'milton-orchestrator';

export default defineConfig({
  // What a message may name as @${repositoryName}; the first one is the default.
  repositories: {
    '${repositoryName}': {
      path: env.TARGET_REPO,
      // What Milton runs when the agent is done, to tell you whether the tests pass; prepare runs before it, in the fresh worktree.
      // prepare: 'npm ci',
      // test: ${inQuotes(test ?? 'npm test')},
    },
  },

  // Where messages come from and notices go.
  transports: [ntfy()],

  // Where requests live between the phone and the work.
  store: sqlite(),

  // Who does the work; the first one is the default.
  agents: [${agents.map((name) => `${name}()`).join(', ')}],

  pipeline: [
    // Above queue(): at once, for every message.
    dedupe(),
    ${AUTHORISE[sending]}
    classify(),
    limits(),
    late(),
    commands(),
    approve(),

    queue(),

    // Below: when the repository is free, and through restarts.
    research(),
    promptBuild(),
    execute(),
    summarise(),
    publish(),
  ],
});
`;
}

/** On one line, whatever the repository's own files say. */
const inQuotes = (text: string) => JSON.stringify(text);
