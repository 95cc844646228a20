import type { AskedQuestion } from '../../pipeline/store/job-store.ts';
import { told } from './answer.ts';
import { type Command, notDone } from './desk.ts';
import { find, isJob } from './find.ts';

/** How far the clocks of a server and of this machine may be apart, in ms. */
const CLOCKS = 60_000;

/** Which of its choices answers a question. */
export type Choose = (question: AskedQuestion) => string | undefined;

/** APPROVE and DENY: answer what a request asks, without the id of the question. */
const decide =
  (command: string, choose: Choose): Command =>
  async (desk, argument, { message, from }) => {
    const job = await find(desk, argument, { command, states: ['held', 'active'] });
    if (!isJob(job)) return { notice: { ...job, kind: 'final' } };
    const question = (await desk.store.questions(job.id)).find(({ open }) => open);
    const choice = question && choose(question);
    if (!question || choice === undefined) {
      return { notice: notDone(`${job.id} asks nothing`, `STATUS ${job.id} shows what it does.`) };
    }
    // Held back on its way, "last" would mean what was not there when it was said.
    if (argument === 'last' && question.askedAt > Date.parse(message.at) + CLOCKS) {
      return {
        notice: notDone(`${job.id} asked after you had sent this`, `Send ${command} ${job.id} if you mean it.`),
      };
    }
    const { id } = question;
    return { effect: { do: 'answer', question: id, choice, ...from, reply: (result) => told(id, choice, result) } };
  };

/** Yes: what would not happen by itself. */
export const yes: Choose = ({ choices, onTimeout }) => choices.find((each) => each !== onTimeout);
/** No: what happens anyway where nobody answers. */
export const no: Choose = ({ onTimeout }) => onTimeout;

export const approve = decide('APPROVE', yes);
export const deny = decide('DENY', no);
