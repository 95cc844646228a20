import { z } from 'zod';
import { definePlugin } from '../../pipeline/plugin.ts';
import { Repositories } from '../../pipeline/services.ts';
import { factsReader } from '../optimizer/repository-facts.ts';
import { taskKind } from '../optimizer/task-kind.ts';
import { brief, outline, prompt, verdict } from '../slots.ts';
import { chosenSections } from './chosen-sections.ts';
import { replacements, sectionFunction } from './replacements.ts';
import { writePrompt } from './write-prompt.ts';

/**
 * Writes the prompt: the request word for word, what is known of the repository, how to work, and what to report.
 * @example promptBuild({ sections: { tests: false, security: () => '# Security\n- Follow docs/security.md.' } })
 */
export const promptBuild = definePlugin({
  name: 'prompt-build',
  where: 'work',
  options: z.strictObject({
    sections: replacements.default({}).describe('functions in the place of sections, by name; `false` leaves one out'),
    more: z.array(sectionFunction).default([]).describe('sections on top; they stand before the background'),
  }),
  requires: [verdict, brief],
  provides: [prompt, outline],
  setup({ options, get }) {
    const repositories = get(Repositories);
    const readFacts = factsReader(get);
    const sections = chosenSections(options.sections, options.more);
    return async function promptBuild(run, next) {
      const task = run.get(verdict);
      const found = run.get(brief);
      const { path = '', isolation } = repositories.find(({ name }) => name === task.repository) ?? {};
      const inPlace = isolation === 'in-place';
      // Journaled, so that a resumed run gives the agent the same prompt with the same random marker.
      const built = await run.step('build', async () =>
        writePrompt(sections, { task, inPlace, kind: taskKind(task), facts: await readFacts(path), brief: found }),
      );
      run.set(prompt, built.text);
      run.set(outline, built.outline);
      await next();
    };
  },
});
