import type { Notice } from '../../pipeline/message.ts';
import type { AnswerResult } from '../../pipeline/store/job-store.ts';
import { type Command, notDone, reply } from './desk.ts';

/** ANSWER: answers a question that a run has asked and waits for. */
export const answer: Command = (_desk, argument, { from }) => {
  const [, question, choice = ''] = /^(q[a-z2-7]{4,})\b[\s:,]*(.*)$/is.exec(argument) ?? [];
  if (question === undefined || choice === '') {
    return {
      notice: notDone(
        'Which question?',
        'Write ANSWER, the question’s id and your choice. The notice that asks shows the exact words.',
      ),
    };
  }
  const id = question.toLowerCase();
  return { effect: { do: 'answer', question: id, choice, ...from, reply: (result) => told(id, choice, result) } };
};

/** What the person hears of their answer. */
export function told(id: string, choice: string, result: AnswerResult): Notice {
  if (result === 'accepted') return reply(`Your answer: ${choice}`, `Question ${id} is answered.`);
  if (result === 'late') return notDone('Too late', `Question ${id} was already answered, or its time was over.`);
  if (result === 'unknown')
    return notDone(`No question ${id}`, 'It may have been asked by a request that is over. QUEUE shows what runs.');
  if (result === 'machine') {
    return notDone(
      'Not from the phone',
      `Question ${id} is answered on the machine that Milton runs on: milton approve`,
    );
  }
  if (result === 'unsigned') {
    return notDone(
      'Not with a one-time code',
      `It does not sign what it stands before. Answer question ${id} by its button or the Shortcut.`,
    );
  }
  const forms = result.choices.map((each) => `ANSWER ${id} ${each}`).join('\n');
  return notDone(`"${choice}" is not one of the choices`, `Send one of:\n${forms}`);
}
