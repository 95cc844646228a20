import { at, type Examination } from '../examination.ts';
import { failing, topicOf, warning } from './configuration.ts';

/** Whether Milton's folders are usable, and its person's alone. */
export const folders: Examination = {
  topic: 'folders',
  async examine({
    prepared: {
      problems,
      warnings,
      folders: { state },
    },
  }) {
    const found = [
      ...problems.filter((each) => topicOf(each) === 'folders').map(failing),
      ...warnings.filter((each) => topicOf(each) === 'folders').map(warning),
    ];
    return found.length > 0 ? found : [at('folders').ok('', `${state} and the others are usable, and yours alone`)];
  },
};
