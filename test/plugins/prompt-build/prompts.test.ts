// What the agent reads, one file per kind of task in `prompts/`, and how long it is.
import { estimateTokenCount } from 'tokenx';
import { describe, expect, test } from 'vitest';
import type { PromptInput } from '../../../src/plugins/prompt-build/section.ts';
import { writePrompt } from '../../../src/plugins/prompt-build/write-prompt.ts';
import { briefOf, FIXED, inputOf, NO_FACTS, NOTES, REQUESTS } from './examples.ts';

const KINDS = Object.keys(REQUESTS) as PromptInput['kind'][];
const promptOf = (input: PromptInput) => writePrompt(FIXED, input).text;
const tokensOf = (input: PromptInput) => estimateTokenCount(promptOf(input));
const web = { brief: briefOf(NOTES) };

const research = inputOf('question', {
  ...web,
  task: { kind: 'RESEARCH', text: 'Which session store fits us?', repository: 'shop', agent: 'claude' },
});
const continues = { run: 'req_k4m2xa', session: '5d1c9a7e', folder: '/folder' };
const goesOn = (input: PromptInput, text: string): PromptInput => ({
  ...input,
  task: { ...input.task, text, continues },
});

describe('the prompt of', () => {
  const saved = (name: string, input: PromptInput) =>
    expect(`${promptOf(input)}\n`).toMatchFileSnapshot(`prompts/${name}.md`);

  test.each(KINDS)('%s', (kind) => saved(kind, inputOf(kind, web)));
  test('a feature without notes and without facts', () => saved('bare', inputOf('feature', { facts: NO_FACTS })));
  test('RESEARCH', () => saved('research', research));
  test('CONTINUE', () =>
    saved('continue', goesOn(inputOf('feature', web), 'Add a link to reset the password as well.')));
  test('CONTINUE of RESEARCH', () => saved('continue-research', goesOn(research, 'And what would it cost?')));
});

describe('tokens', () => {
  test('the example has notes as long as usual', () => {
    expect(NOTES.length).toBeGreaterThan(2700);
    expect(NOTES.length).toBeLessThan(3300);
  });

  test.each(KINDS)('%s with notes from the web takes 1,200 to 2,500', (kind) => {
    expect(tokensOf(inputOf(kind, web))).toBeGreaterThanOrEqual(1200);
    expect(tokensOf(inputOf(kind, web))).toBeLessThanOrEqual(2500);
  });

  test.each(KINDS)('%s without notes is not filled up', (kind) => {
    expect(tokensOf(inputOf(kind))).toBeLessThan(1200);
    expect(tokensOf(inputOf(kind, { facts: NO_FACTS }))).toBeLessThan(tokensOf(inputOf(kind)));
  });

  test('notes without end do not push their sources out', () => {
    const { sources } = briefOf(NOTES);
    const prompt = promptOf(inputOf('feature', { brief: { ...briefOf('word '.repeat(100_000)), sources } }));
    expect(prompt).toMatch(/…\n\nSources:\n\[1\] Migrating[\s\S]*\[6\] Authentication.*html\n<\/research-/);
  });

  test('notes without end do not make a prompt without end', () => {
    expect(tokensOf(inputOf('feature', { brief: briefOf('word '.repeat(100_000)) }))).toBeLessThan(2500);
  });

  test('the outline has every section in order, and adds up to about the whole', () => {
    const { text, outline } = writePrompt(FIXED, inputOf('feature', web));
    expect(outline.map(({ name }) => name)).toEqual(FIXED.map(({ name }) => name));
    const sum = outline.reduce((all, { tokens }) => all + tokens, 0);
    expect(Math.abs(sum - estimateTokenCount(text))).toBeLessThan(2 * FIXED.length);
  });
});

test('a question is not told to write tests, to plan or to build', () => {
  const prompt = promptOf(inputOf('question'));
  expect(prompt).toContain('An answer needs no test.');
  expect(prompt).not.toMatch(/Add tests|at the end all of|write a short plan|These pass/);
});

test('an agent that works in the checkout itself is told so', () => {
  expect(promptOf(inputOf('fix', { inPlace: true }))).toContain(
    'You are in the checkout of the repository "shop", on a branch',
  );
});

test('a fix begins with a test that fails', () => {
  expect(promptOf(inputOf('fix'))).toMatch(/# How to work\n.*\n- Reproduce the symptom before .* a test that fails/);
});
