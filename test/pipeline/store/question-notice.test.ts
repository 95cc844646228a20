import { describe, expect, it } from 'vitest';
import { questionNotice } from '../../../src/pipeline/store/question-notice.ts';

const QUESTION = { id: 'qk7m2', deadline: 1_900_000_000_000 };

const ask = (timeout: number, body?: string) =>
  questionNotice(QUESTION, 'req_k4m2xa', {
    title: 'Run the migration?',
    choices: ['yes', 'no'],
    timeout,
    onTimeout: 'no',
    ...(body === undefined ? {} : { body }),
  });

describe('questionNotice', () => {
  it('names the request, the ways to answer, and what happens without an answer', () => {
    expect(ask(600_000, 'It drops a table.')).toEqual({
      title: '❓ [req_k4m2xa] Run the migration?',
      body: [
        'It drops a table.',
        '',
        'Tap a button, or send: ANSWER qk7m2 yes / ANSWER qk7m2 no',
        'Without an answer within 10 minutes it is: no',
      ].join('\n'),
      kind: 'question',
      priority: 4,
      actions: [
        { label: 'yes', reply: 'ANSWER qk7m2 yes', until: QUESTION.deadline },
        { label: 'no', reply: 'ANSWER qk7m2 no', until: QUESTION.deadline, harmless: true },
      ],
    });
  });

  it('has no button where it is answered on the machine: whoever can read it could say no', () => {
    const question = { title: 'Run it?', choices: ['Approve', 'Deny'], timeout: 600_000, onTimeout: 'Deny' };
    expect(questionNotice(QUESTION, 'req_k4m2xa', { ...question, where: 'machine' })).toMatchObject({
      body: [
        'On the machine run: milton approve req_k4m2xa',
        'Or send: ANSWER qk7m2 Deny',
        'Without an answer within 10 minutes it is: Deny',
      ].join('\n'),
      actions: [],
    });
  });

  it.each([
    ['plain', 'x'.repeat(9000), 'x…'],
    ['wide', '👩‍👩‍👧‍👦'.repeat(900), '👩‍👩‍👧‍👦…'],
  ])('shortens a long %s body, so that the words to answer with are not cut off', (_what, long, end) => {
    const { title, body } = ask(600_000, long);
    expect(Buffer.byteLength(title + body)).toBeLessThanOrEqual(3500);
    expect(Buffer.byteLength(title + body)).toBeGreaterThan(3450);
    const [shown, , how, otherwise] = body!.split('\n');
    expect(shown!.endsWith(end)).toBe(true);
    expect(how).toBe('Tap a button, or send: ANSWER qk7m2 yes / ANSWER qk7m2 no');
    expect(otherwise).toBe('Without an answer within 10 minutes it is: no');
  });

  it('keeps its title to one line', () => {
    const question = { title: `Run\n${'x'.repeat(900)}`, choices: ['y'], timeout: 1000, onTimeout: 'y' };
    expect(questionNotice(QUESTION, 'req_k4m2xa', question).title).toMatch(/^❓ \[req_k4m2xa\] Run x{190,}…$/);
  });

  it.each([
    [1000, '1 second'],
    [45_000, '45 seconds'],
    [60_000, '1 minute'],
    [5_400_000, '90 minutes'],
    [7_200_000, '2 hours'],
    [172_800_000, '2 days'],
  ])('says %d ms as %s', (timeout, words) => {
    expect(ask(timeout).body).toContain(`within ${words} it is: no`);
    expect(ask(timeout).body).toMatch(/^Tap a button/);
  });
});
