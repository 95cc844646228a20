import { describe, expect, it } from 'vitest';
import type { Message } from '../../pipeline/message.ts';
import type { Answer, AnswerResult, JobStore, Question } from '../../pipeline/store/job-store.ts';
import { bare, begin, final, LEASE, message, type OpenStores, said, sendAll, setUp } from './samples.ts';

const question: Question = {
  title: 'Deploy?',
  body: 'To production.',
  choices: ['Yes', 'No', 'Later', 'Never'],
  timeout: 600_000,
  onTimeout: 'No',
};

let messages = 0;

/** Sends an answer as a message of its own; returns what the phone was told. */
async function answer(
  store: JobStore,
  id: string,
  choice: string,
  more: Partial<Message> = {},
  where?: 'machine' | 'unsigned',
): Promise<AnswerResult | ''> {
  let told: AnswerResult | '' = '';
  const reply = (result: AnswerResult) => {
    told = result;
    return undefined;
  };
  const from = message(`answer-${messages++}`, more);
  const effects = [{ do: 'answer' as const, question: id, choice, reply, ...(where ? { from: where } : {}) }];
  await store.accept(bare(from.id, { message: from, seen: [`delivery-${messages}`], effects }));
  return told;
}

export function questionContract(open: OpenStores): void {
  describe('a question', () => {
    it('is stored once with a notice that says how to answer', async () => {
      const { store, clock } = await setUp(open);
      const claim = await begin(store, 'm1');
      const asked = await store.ask(claim, 'plan', question, [said('before')]);
      expect(asked).toMatchObject({ askedAt: clock.now(), deadline: clock.now() + 600_000, answer: undefined });
      expect(asked.id).toMatch(/^q[a-z2-7]{4}$/);
      clock.advance(1000);
      expect(await store.ask(claim, 'plan', question, [])).toEqual(asked);
      expect((await store.ask(claim, 'other', question, [])).id).not.toBe(asked.id);
      const notices = (await store.get('m1'))!.notices.map(({ notice }) => notice);
      expect(notices.map(({ title }) => title)).toEqual(['0 ahead', 'before', '❓ [m1] Deploy?', '❓ [m1] Deploy?']);
      const { kind, body, actions } = notices[2]!;
      expect(kind).toBe('question');
      for (const choice of question.choices) expect(body).toContain(`ANSWER ${asked.id} ${choice}`);
      expect(body).toContain('To production.');
      expect(body).toContain('10 minutes');
      const until = asked.deadline;
      expect(actions).toEqual(
        ['Yes', 'No', 'Later'].map((label) => ({
          ...{ label, reply: `ANSWER ${asked.id} ${label}`, until },
          ...(label === 'No' ? { harmless: true } : {}),
        })),
      );
    });

    it('is listed, and whether an answer still counts', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      const asked = await store.ask(claim, 'plan', question, []);
      const { choices, onTimeout } = question;
      const listed = { ...asked, key: 'plan', choices, onTimeout, where: 'phone' };
      expect(await store.questions('m1')).toEqual([{ ...listed, open: true }]);
      await answer(store, asked.id, 'Yes');
      const answered = { ...listed, answer: { choice: 'Yes', by: 'person' }, open: false };
      expect(await store.questions('m1')).toEqual([answered]);
      await store.ask(claim, 'other', question, []);
      expect((await store.questions('m1')).map(({ open }) => open)).toEqual([false, true]);
      await store.settle(claim, 'done', [final]);
      expect((await store.questions('m1')).map(({ open }) => open)).toEqual([false, false]);
    });

    it('that belongs to the machine takes from the phone only what happens anyway', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      const { id } = await store.ask(claim, 'plan', { ...question, where: 'machine' }, []);
      expect((await store.questions('m1'))[0]).toMatchObject({ id, where: 'machine' });
      expect(await answer(store, id, 'Yes')).toBe('machine');
      expect(await store.answerOf(id)).toBeUndefined();
      expect(await answer(store, id, 'Yes', {}, 'machine')).toBe('accepted');
      expect(await store.answerOf(id)).toEqual({ choice: 'Yes', by: 'person' });
      const second = await store.ask(claim, 'other', { ...question, where: 'machine' }, []);
      expect(await answer(store, second.id, 'No')).toBe('accepted');
    });

    it('takes from somebody whose words are not signed only what happens anyway', async () => {
      const { store } = await setUp(open);
      const { id } = await store.ask(await begin(store, 'm1'), 'plan', question, []);
      expect(await answer(store, id, 'Yes', {}, 'unsigned')).toBe('unsigned');
      expect(await answer(store, id, 'No', {}, 'unsigned')).toBe('accepted');
    });

    it('takes the first answer, whatever its case, and tells late and unknown ones apart', async () => {
      const { store, events } = await setUp(open);
      const claim = await begin(store, 'm1');
      const { id } = await store.ask(claim, 'plan', question, []);
      expect(await answer(store, 'qnone', 'Yes')).toBe('unknown');
      expect(await answer(store, id, 'Perhaps')).toEqual({ choices: question.choices });
      expect(await store.answerOf(id)).toBeUndefined();
      expect(await answer(store, id, ' yes ', { id: 'tap' })).toBe('accepted');
      expect(events).toContainEqual({ type: 'answer', question: id });
      expect(await answer(store, id, 'No')).toBe('late');
      expect(await answer(store, id, 'Yes', { id: 'tap' })).toBe('accepted');
      // A second tap on the same button.
      expect(await answer(store, id, 'YES')).toBe('accepted');
      const yes: Answer = { choice: 'Yes', by: 'person' };
      expect(await store.answerOf(id)).toEqual(yes);
      expect(await store.expire(id)).toEqual(yes);
      expect(await store.ask(claim, 'plan', question, [])).toMatchObject({ id, answer: yes });
    });

    it('may have a timeout that is no whole number of ms', async () => {
      const { store, clock } = await setUp(open);
      const asked = await store.ask(await begin(store, 'm1'), 'plan', { ...question, timeout: 3_600_000.5 }, []);
      expect(asked.deadline).toBe(clock.now() + 3_600_001);
    });

    it('takes the answer of its timeout when nobody was faster', async () => {
      const { store, events } = await setUp(open);
      const { id } = await store.ask(await begin(store, 'm1'), 'plan', question, []);
      const no: Answer = { choice: 'No', by: 'timeout' };
      expect(await store.expire(id)).toEqual(no);
      expect(events).toContainEqual({ type: 'answer', question: id });
      expect(await store.expire(id)).toEqual(no);
      for (const choice of ['Yes', 'No']) expect(await answer(store, id, choice)).toBe('late');
      expect(await store.answerOf(id)).toEqual(no);
      expect(await store.expire('qnone')).toBeUndefined();
      expect(await store.answerOf('qnone')).toBeUndefined();
    });

    it('lets the time of sending decide after its deadline', async () => {
      const { store, clock } = await setUp(open);
      const claim = await begin(store, 'm1');
      const late = await store.ask(claim, 'a', question, []);
      const inTime = await store.ask(claim, 'b', question, []);
      clock.advance(question.timeout + 5000);
      const at = (ms: number) => new Date(ms).toISOString();
      expect(await answer(store, late.id, 'Yes', { at: at(late.deadline + 1000) })).toBe('late');
      expect(await answer(store, late.id, 'Yes', { at: 'no time at all' })).toBe('late');
      expect(await store.answerOf(late.id)).toBeUndefined();
      expect(await answer(store, inTime.id, 'Yes', { at: at(inTime.deadline - 1000) })).toBe('accepted');
    });

    it('outlives its worker and is closed with its job', async () => {
      const { store, other, clock } = await setUp(open);
      const asked = await store.ask(await begin(store, 'm1'), 'plan', question, []);
      clock.advance(LEASE);
      const claim = (await other.claim(LEASE))!;
      expect(await other.ask(claim, 'plan', question, [])).toEqual(asked);
      await other.settle(claim, 'cancelled', [final]);
      expect(await answer(store, asked.id, 'Yes')).toBe('late');
      expect(await store.expire(asked.id)).toBeUndefined();
    });

    it('is asked only while its job is open, and holds no final notice back', async () => {
      const { store, clock } = await setUp(open);
      const claim = await begin(store, 'm1');
      await sendAll(store);
      await store.ask(claim, 'sent', question, []);
      expect(await sendAll(store)).toEqual(['m1/ask:sent']);
      await store.ask(claim, 'refused', question, []);
      await store.ask(claim, 'waiting', question, []);
      const [refused] = await store.unsent('phone', 10);
      await store.postpone(refused!, clock.now() + 60_000, 'refused');
      expect(await sendAll(store)).toEqual([]);
      await store.settle(claim, 'done', [said('last'), final]);
      expect(await sendAll(store)).toEqual(['m1/last', 'm1/final']);
      const told = async () => (await store.get('m1'))!.notices.map(({ key, sent }) => `${key} ${sent}`);
      expect((await told()).slice(1, 4)).toEqual(['ask:sent true', 'ask:refused false', 'ask:waiting false']);
      await store.postpone(refused!, clock.now(), 'refused');
      clock.advance(1);
      expect(await sendAll(store)).toEqual([]);
      // It was on its way when the job ended.
      await store.sent(refused!);
      expect((await told())[2]).toBe('ask:refused true');
    });

    it('of a job that waits again is withdrawn when that is cancelled', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      await store.ask(claim, 'plan', question, []);
      await store.release(claim, []);
      const reply = () => undefined;
      await store.accept(bare('c1', { effects: [{ do: 'cancel', job: 'm1', final: final.notice, reply }] }));
      expect(await sendAll(store)).toEqual(['m1/accepted', 'm1/final']);
    });
  });
}
