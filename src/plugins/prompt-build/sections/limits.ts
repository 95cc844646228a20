import { list } from '../list.ts';
import type { Section } from '../section.ts';

/** What nobody has asked for, whatever else the prompt says. */
export const limits: Section = ({ task }) =>
  task.kind === 'CODE'
    ? list('Limits', [
        'Stay inside this folder and on this branch. Do not switch, delete or rewrite branches or history, do not push, publish or deploy, and leave everything outside this folder as it is.',
        'Do not commit: what you leave in this folder is committed on its branch for you. So leave no scratch files, logs or build output in it.',
        'Nobody can answer questions now. Where a detail is open, take the most careful reading and name it. Where readings would lead to different work, or a step could destroy data or do harm, stop and report.',
        'Where a tool, a permission or the network is missing, say so instead of working around it.',
      ])
    : list('Read only', [
        'Answer the question. Change, create and delete nothing: no files, no commits, no installs.',
        'Look into the code where the question is about it; a general question needs no look.',
        'Nobody can answer questions now. Where the question is ambiguous, answer the likeliest reading and name it.',
      ]);
