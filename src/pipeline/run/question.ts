import type { Answer, Question, StoredQuestion } from '../store/job-store.ts';
import { cleanQuestion } from './clean-question.ts';
import { persist } from './persist.ts';
import type { RunState } from './run-state.ts';

/** In ms. */
const LOOK_AGAIN = 2000;

/** Asks the person and waits: the question, its deadline and its answer are in the store, so a restart changes nothing. */
export async function ask(state: RunState, key: string, question: Question, signal: AbortSignal): Promise<Answer> {
  const { store, claim, desk } = state;
  const asked = desk ? cleanQuestion(question, desk.clean) : question;
  const put = () => state.withNotices((notices) => store.ask(claim!, key, asked, notices));
  const stored = await persist(state, put, signal);
  if (stored.answer) return stored.answer;
  desk?.park();
  state.asking++;
  try {
    return await answered(state, stored, signal);
  } finally {
    state.asking--;
    desk?.unpark();
  }
}

async function answered(
  state: RunState,
  { id, askedAt, deadline }: StoredQuestion,
  signal: AbortSignal,
): Promise<Answer> {
  const { store, desk } = state;
  return new Promise<Answer>((resolve, reject) => {
    const expire = async () => {
      // An answer sent in time while Milton was away or offline is still on its way: its transport gets to deliver it first.
      await desk?.caughtUp(state.message.transport, signal);
      settle(await persist(state, () => store.expire(id), signal));
    };
    const look = async () => settle(await persist(state, () => store.answerOf(id), signal));
    const settle = (answer: Answer | undefined) => {
      if (answer === undefined) return;
      stop();
      resolve(answer);
    };
    const fail = (error: unknown) => {
      stop();
      reject(error);
    };
    const aborted = () => fail(signal.reason);
    const events = store.events$.subscribe((event) => {
      if (event.type === 'answer' && event.question === id) look().catch(fail);
    });
    // Not longer than when it was asked: the clock may have been set back since.
    const left = deadline - Math.max(askedAt, desk?.now() ?? Date.now());
    const timer = longTimer(left, () => expire().catch(fail));
    // Another process may have answered (`milton approve`), and nobody hears of that.
    const again = setInterval(() => void look().catch(fail), LOOK_AGAIN);
    const stop = () => {
      events.unsubscribe();
      timer.clear();
      clearInterval(again);
      signal.removeEventListener('abort', aborted);
    };
    signal.addEventListener('abort', aborted, { once: true });
    if (signal.aborted) aborted();
    else look().catch(fail);
  });
}

/** A timer that may last longer than the 24.8 days at which `setTimeout` fires at once. */
function longTimer(ms: number, fire: () => void): { clear(): void } {
  const most = 2 ** 31 - 1;
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    timer = left > most ? setTimeout(() => wait(left - most), most) : setTimeout(fire, Math.max(0, left));
  };
  wait(ms);
  return { clear: () => clearTimeout(timer) };
}
