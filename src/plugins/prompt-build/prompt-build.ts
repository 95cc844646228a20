import { definePlugin } from '../../pipeline/plugin.ts';
import { Repositories } from '../../pipeline/services.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import { readRepositoryFacts } from '../research/repository-facts.ts';
import { brief, prompt, verdict } from '../slots.ts';
import { CODE_SECTIONS, CONTINUED_CODE } from './code-sections.ts';
import { CONTINUED_RESEARCH, RESEARCH_SECTIONS } from './research-sections.ts';
import { buildPrompt } from './section.ts';

function sectionsOf({ kind, continues }: SlotValue<typeof verdict>) {
  if (continues) return kind === 'CODE' ? CONTINUED_CODE : CONTINUED_RESEARCH;
  return kind === 'CODE' ? CODE_SECTIONS : RESEARCH_SECTIONS;
}

/** Writes the prompt: the request word for word, what is known of the repository, how to work, and what to report. */
export const promptBuild = definePlugin({
  name: 'prompt-build',
  where: 'work',
  requires: [verdict, brief],
  provides: [prompt],
  setup({ get }) {
    const repositories = get(Repositories);
    return async function promptBuild(run, next) {
      const task = run.get(verdict);
      const notes = run.get(brief);
      const path = repositories.find(({ name }) => name === task.repository)?.path;
      // Journaled, so that a resumed run gives the agent the same prompt with the same random marker.
      const text = await run.step('build', async () => {
        const facts = await readRepositoryFacts(path ?? '');
        return buildPrompt(sectionsOf(task), { task, facts, brief: notes });
      });
      run.set(prompt, text);
      await next();
    };
  },
});
